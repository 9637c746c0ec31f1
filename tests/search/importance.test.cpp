#include <descent/search/importance.hpp>

#include <cmath>
#include <sstream>

#include "search/settings.hpp"

using namespace descent;
using Catch::Approx;
using support::message_of, support::Mixed, support::Plane;

namespace {

template <class S>
Trials<S> searched(int trials, auto cost, Mode mode = Mode::min) {
  return search<S>(cost, {.trials = trials, .monitor = "cost", .mode = mode, .progress = silent});
}

double share_of(const Importances& importances, std::string_view name, std::string_view range = "") {
  for (const Importance& each : importances.all)
    if (each.name == name && (range.empty() || each.range == range)) return each.share;
  FAIL("not found");
  return -1;
}

}  // namespace

TEST_CASE("importance: a range that decides alone explains all but the variance within its parts") {
  for (const Mode mode : {Mode::min, Mode::max}) {
    const auto result = importance(searched<Plane>(
        96, [](const Plane& s) { return std::exp(s.x); }, mode));
    CHECK(result.all.front().name == "x");
    // Ranks are even, in 6 equal parts: 1 - 1 / 36 of the variance lies between them, and 1 - (1 / 36) (95 / 90) is left
    // when the degrees of freedom are counted.
    CHECK(result.all.front().share == Approx(1 - 95.0 / 90 / 36).margin(2e-3));
    CHECK(share_of(result, "n") < 0.1);
  }
}

TEST_CASE("importance: a choice that decides alone explains all of the variance") {
  const auto result =
      importance(searched<Mixed>(64, [](const Mixed& s) { return s.activation == "relu" ? 1 : 2; }));
  CHECK(result.all.front().name == "activation");
  CHECK(result.all.front().share == Approx(1));
}

TEST_CASE("importance: a hyper-parameter of a branch is measured over the trials of the branch") {
  const auto result = importance(
      searched<Mixed>(120, [](const Mixed& s) { return s.rule == Mixed::Rule::adam ? 0 : s.beta; }));
  CHECK(share_of(result, "beta") > 0.9);
  CHECK(share_of(result, "rate", "1e-05 to 0.1, log") == 0);
  std::size_t trials = 0;
  for (const Importance& each : result.all)
    if (each.name == "rate") trials += each.trials;
  CHECK(trials == 120);
}

TEST_CASE("importance: values of equal trials and of few explain nothing") {
  for (const Importance& each : importance(searched<Plane>(40, [](const Plane&) { return 1; })).all)
    CHECK(each.share == 0);
  for (const Importance& each : importance(searched<Plane>(15, [](const Plane& s) { return s.x; })).all)
    CHECK(each.share == 0);
}

TEST_CASE("importance: failed trials count as the worst, and others at the epochs that all reached") {
  const auto fails = searched<Plane>(
      96, [](const Plane& s) { return s.x > 0.5 ? detail::not_a_number<double>() : 1 + 0.001 * s.n; });
  CHECK(importance(fails).all.front().name != "");
  Search<Plane> search{{.trials = 27, .epochs = 9, .monitor = "cost"}};
  while (const auto asked = search.ask())  // after the first epoch only n matters
    search.tell(asked->number, asked->epochs == 1 ? asked->settings.n : asked->settings.x);
  const auto result = importance(search.trials());
  CHECK(result.epochs == 1);
  CHECK(result.all.front().name == "n");
}

TEST_CASE("importance: a value over ranks does not depend on the unit of the metric") {
  const auto a = importance(searched<Plane>(48, [](const Plane& s) { return s.x + 0.2 * s.n; }));
  const auto b =
      importance(searched<Plane>(48, [](const Plane& s) { return std::exp(5 * (s.x + 0.2 * s.n)); }));
  for (std::size_t i = 0; i < a.all.size(); ++i) CHECK(a.all[i].share == b.all[i].share);
}

TEST_CASE("importance: prints a line for each hyper-parameter") {
  std::ostringstream out;
  out << Importances{{{"rate", "0.1 to 1", 0.625, 20}, {"n", "1 to 4", 0, 20}}, 3};
  CHECK(out.str() ==
        "rate  0.62  of the variance after 3 epochs, 20 trials, 0.1 to 1\n"
        "n     0.00  of the variance after 3 epochs, 20 trials, 1 to 4\n");
}

TEST_CASE("importance: trials without a value are refused") {
  CHECK_THAT(message_of<DataError>([] {
               importance(searched<Plane>(3, [](const Plane&) { return detail::not_a_number<double>(); }));
             }),
             Catch::Matchers::ContainsSubstring("expected a trial that succeeded"));
}
