#include <descent/search/halving.hpp>
#include <descent/search/median_pruning.hpp>
#include <descent/search/strategy.hpp>

#include <map>
#include <numeric>

#include "search/settings.hpp"

using namespace descent;
using support::message_of, support::Plane;

namespace {

/// Runs a search whose cost is x, whatever the epochs; returns for each number of epochs the number of trials.
std::map<int, int> rungs_of(AnyStrategy strategy, int trials, int epochs, int* total = nullptr) {
  Search<Plane> search{
      {.trials = trials, .epochs = epochs, .monitor = "cost", .strategy = std::move(strategy)}};
  std::map<int, int> before;
  while (const auto asked = search.ask()) {
    if (total) *total += asked->epochs - before[asked->number];
    before[asked->number] = asked->epochs;
    search.tell(asked->number, asked->settings.x);
  }
  std::map<int, int> counts;
  for (const auto& trial : search.trials()) ++counts[trial.epochs];
  // The best of the table has the smallest x of all.
  const auto table = search.trials();
  for (const auto& trial : table) CHECK(table.best().settings.x <= trial.settings.x);
  return counts;
}

}  // namespace

TEST_CASE("RandomSearch: trains each trial for all epochs") {
  CHECK(rungs_of(RandomSearch{}, 7, 5) == std::map<int, int>{{5, 7}});
}

TEST_CASE("GridSearch: trains each point for all epochs") {
  CHECK(rungs_of(GridSearch{.points = 3}, 100, 5) == std::map<int, int>{{5, 9}});
  CHECK(message_of<DataError>([] { Search<Plane>{{.trials = 8, .strategy = GridSearch{.points = 3}}}; }) ==
        "GridSearch: expected .trials of at least the points of the grid, got 8; raise .trials, or lower "
        ".points");
  CHECK(message_of<DataError>([] { Search<Plane>{{.strategy = GridSearch{.points = 0}}}; }) ==
        "GridSearch: expected .points from 1 to 10000, got 0; pass a number of values for each range");
}

TEST_CASE("Halving: promotes a third of the trials from rung to rung") {
  int total = 0;
  // 81 trials of 1 epoch, 27 of 3, 9 of 9, 3 of 27: 81 + 27 * 2 + 9 * 6 + 3 * 18 = 243 epochs.
  CHECK(rungs_of(Halving{}, 81, 27, &total) == std::map<int, int>{{1, 54}, {3, 18}, {9, 6}, {27, 3}});
  CHECK(total == 243);
  CHECK(rungs_of(Halving{.first = 2, .factor = 2}, 5, 7) == std::map<int, int>{{2, 3}, {4, 1}, {7, 1}});
  CHECK(rungs_of(Halving{.first = 9}, 4, 5) == std::map<int, int>{{5, 4}});
}

TEST_CASE("Halving: a failed trial is not promoted, and none that was promoted before is replaced") {
  Search<Plane> search{{.trials = 9, .epochs = 9, .monitor = "cost"}};
  std::map<int, int> asked_for;
  while (const auto asked = search.ask()) {
    ++asked_for[asked->epochs];
    if (asked->epochs == 1 && asked->number < 6)
      search.fail(asked->number, "too large");
    else if (asked->epochs == 3 && asked->number == 7)
      search.fail(asked->number, "too long");
    else
      search.tell(asked->number, asked->number);
  }
  CHECK(asked_for == std::map<int, int>{{1, 9}, {3, 3}, {9, 1}});  // 6, 7 and 8, of which 6 wins
  CHECK(search.trials().best().number == 6);
}

TEST_CASE("AsynchronousHalving: with one worker promotes as soon as there are three to choose from") {
  Search<Plane> search{{.trials = 9, .epochs = 9, .monitor = "cost", .strategy = AsynchronousHalving{}}};
  std::vector<int> epochs;
  while (const auto asked = search.ask()) {
    epochs.push_back(asked->epochs);
    search.tell(asked->number, asked->number);
  }
  // After each third trial of the first rung one is promoted, after the third of those one to the last.
  CHECK(epochs == std::vector<int>{1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 3, 9});
}

TEST_CASE("AsynchronousHalving: a trial reaches the last rung also if there are few") {
  CHECK(rungs_of(AsynchronousHalving{}, 2, 27) == std::map<int, int>{{1, 1}, {27, 1}});
}

TEST_CASE("MedianPruning: ends a trial that is worse than the median of those before") {
  // 4 trials for all epochs; of the next 4, by cost 1, 2, 3, 4 with the median 2.5, two after the first epoch.
  Search<Plane> search{
      {.trials = 8, .epochs = 5, .monitor = "cost", .strategy = MedianPruning{.warm_up = 1, .group = 4}}};
  std::map<int, int> reached;
  while (const auto asked = search.ask()) {
    reached[asked->number] = asked->epochs;
    search.tell(asked->number, 1 + asked->number % 4);
  }
  CHECK(reached == std::map<int, int>{{0, 5}, {1, 5}, {2, 5}, {3, 5}, {4, 5}, {5, 5}, {6, 1}, {7, 1}});
}

TEST_CASE("Strategy: options out of range are refused") {
  const auto message = [](AnyStrategy strategy) {
    return message_of<DataError>([&] { Search<Plane>{{.strategy = strategy}}; });
  };
  CHECK(message(Halving{.first = 0}) ==
        "Halving: expected .first of at least 1, got 0; pass a number of epochs");
  CHECK(message(Halving{.factor = 1}) ==
        "Halving: expected .factor of at least 2, got 1; pass a whole number");
  CHECK(message(AsynchronousHalving{.first = 0}) ==
        "AsynchronousHalving: expected .first of at least 1, got 0; pass a number of epochs");
  CHECK(message(AsynchronousHalving{.factor = 1}) ==
        "AsynchronousHalving: expected .factor of at least 2, got 1; pass a whole number");
  CHECK(message(MedianPruning{.warm_up = 0}) ==
        "MedianPruning: expected .warm_up of at least 1, got 0; pass a number of epochs");
  CHECK(message(MedianPruning{.group = 0}) ==
        "MedianPruning: expected .group of at least 1, got 0; pass a number of trials");
}

TEST_CASE("Strategy: one of the user's own decides which trial is trained for how long") {
  struct OneByOne {
    std::optional<TrialStep> next(const SearchState& state) const {
      for (int i = 0; i < static_cast<int>(state.trials.size()); ++i)
        if (const TrialState& trial = state.trial(i); trial.is_idle() && trial.epochs < state.epochs)
          return TrialStep{i, trial.epochs + 1};
      return {};
    }
  };
  CHECK(rungs_of(OneByOne{}, 3, 2) == std::map<int, int>{{2, 3}});
}
