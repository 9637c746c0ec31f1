#include <descent/search/load_trials.hpp>

#include "search/settings.hpp"
#include "temporary_folder.hpp"

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::csv_of, support::message_of, support::Mixed, support::Plane;

TEST_CASE("load_trials: reads back the settings and what was measured") {
  const support::TemporaryFolder folder;
  const auto cost = [](const Mixed& s) {
    return s.rate > 1 ? detail::not_a_number<double>() : s.rate + s.keep;
  };
  const auto trials = search<Mixed>(cost, {.trials = 20,
                                           .monitor = "cost",
                                           .mode = Mode::max,
                                           .folder = folder.path.string(),
                                           .progress = silent});
  const auto loaded = load_trials<Mixed>(folder.path.string());
  CHECK(csv_of(loaded) == csv_of(trials));
  CHECK(loaded.mode() == Mode::max);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    CHECK(loaded[i].settings.rate == trials[i].settings.rate);
    CHECK(loaded[i].settings.activation == trials[i].settings.activation);
    CHECK(loaded[i].failure == trials[i].failure);
  }
  CHECK_THAT(message_of<DataError>([&] { load_trials<Plane>(folder.path.string()); }),
             ContainsSubstring(
                 "search: expected the hyper-parameters of these settings in the folder, got another \"x\""));
}

TEST_CASE("load_trials: reads a search that is running") {
  const support::TemporaryFolder folder;
  Search<Plane> search{{.trials = 3, .epochs = 1, .monitor = "cost", .folder = folder.path.string()}};
  CHECK_THAT(message_of<DataError>([&] { load_trials<Plane>(folder.path.string()).best(); }),
             ContainsSubstring("got 3 without a value"));
  search.tell(search.ask()->number, 4);
  CHECK(load_trials<Plane>(folder.path.string()).best().value("cost") == 4);
}

TEST_CASE("load_trials: a folder without a search is refused") {
  const support::TemporaryFolder folder;
  CHECK_THAT(message_of<FormatError>([&] { load_trials<Plane>(folder.path.string()); }),
             ContainsSubstring("file not found"));
}
