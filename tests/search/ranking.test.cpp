#include <descent/search/ranking.hpp>

#include <cmath>
#include <sstream>

#include "search/settings.hpp"

using namespace descent;
using Catch::Approx;
using support::Plane;

namespace {

/// Trials with these curves of a metric, and these values of runs with other seeds.
Trials<Plane> with_curves(const std::vector<std::vector<double>>& curves,
                          const std::vector<std::vector<double>>& repeats = {}, Mode mode = Mode::max) {
  std::vector<Trial<Plane>> all(curves.size());
  for (std::size_t i = 0; i < curves.size(); ++i) {
    all[i].number = static_cast<int>(i);
    all[i].epochs = static_cast<int>(curves[i].size());
    for (std::size_t k = 0; k < curves[i].size(); ++k) {
      all[i].measured_at.push_back(static_cast<int>(k + 1));
      descent::add(all[i].measured, "score", curves[i][k]);
    }
    if (!repeats.empty()) all[i].repeats = repeats[i];
  }
  return {"score", mode, std::move(all)};
}

std::string text_of(const Ranking& ranking) {
  std::ostringstream out;
  out << ranking;
  return out.str();
}

}  // namespace

TEST_CASE("ranking: other seeds decide, and the value in the search is left out") {
  // Means 4 and 6, squared deviations 2 + 2 and 0 + 0 with 4 degrees of freedom: s^2 = 0.5 (a third has 5, 5, 5), n = 3.
  const auto trials = with_curves({{9}, {8}, {7}}, {{3, 4, 5}, {6, 6, 6}, {5, 5, 5}});
  const Ranking result = ranking(trials);
  CHECK(result.spread == Ranking::Spread::seeds);
  CHECK(result.places[0].trial == 1);
  CHECK(result.places[1].trial == 2);
  CHECK(result.places[2].trial == 0);
  CHECK(result.standard_error == Approx(std::sqrt(2.0 / 6 * 2 / 3)));
  CHECK(result.lead(0) == Approx(1 / std::sqrt(2.0 / 6 * 2 / 3)));
  CHECK(result.is_sure(0));
  CHECK(text_of(result) ==
        "trial 1 (score 6) is before trial 2 (score 5) by 2.121 standard errors: likely more than chance\n"
        "trial 2 (score 5) is before trial 0 (score 4) by 2.121 standard errors: likely more than chance\n"
        "the spread is that of runs with other seeds\n");
}

TEST_CASE("ranking: without other seeds the spread is that from epoch to epoch") {
  // The last third of 9 epochs: differences 0.2 and 0.2, so s^2 = 0.02 and the standard error 0.2.
  const auto curve = [](double last) {
    return std::vector<double>{0, 0, 0, 0, 0, 0, last, last - 0.2, last};
  };
  const Ranking result = ranking(with_curves({curve(3), curve(2.9), curve(1), curve(0.5)}));
  CHECK(result.spread == Ranking::Spread::epochs);
  REQUIRE(result.places.size() == 3);
  CHECK(result.standard_error == Approx(0.2));
  CHECK(result.lead(0) == Approx(0.5));
  CHECK(!result.is_sure(0));
  CHECK(result.is_sure(1));
  CHECK_THAT(text_of(result), Catch::Matchers::ContainsSubstring("by 0.5 standard errors: may be chance"));
}

TEST_CASE("ranking: one value each has no spread") {
  const Ranking result = ranking(with_curves({{3}, {2}}, {}, Mode::min));
  CHECK(result.spread == Ranking::Spread::unknown);
  CHECK(!result.is_sure(0));
  CHECK(text_of(result) ==
        "trial 1 (score 2) is before trial 0 (score 3)\nthe spread is not known: set .repeats\n");
}

TEST_CASE("ranking: equal values have no lead") {
  const Ranking result = ranking(with_curves({{2}, {1}}, {{3, 3}, {3, 3}}));
  CHECK(result.lead(0) == 0);
  CHECK(!result.is_sure(0));
}
