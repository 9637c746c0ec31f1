#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/search/strategy.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
inline void expect_rungs(std::string_view component, int first, int factor) {
  expect_at_least_one({component, "first", static_cast<double>(first), "pass a number of epochs"});
  if (factor < 2)
    throw_error<DataError>(component, {"expected .factor of at least 2, got ", factor},
                           "pass a whole number");
}
}  // namespace detail

/// Successive halving: trains all trials to `first` epochs, the best 1 / `factor` of them to `factor` times as many, and
/// so on, until the best are trained to all epochs. A trial that is promoted continues where it paused.
///
///   rungs:      first, factor first, factor^2 first, ... epochs
///   promoted:   the best max(1, n / factor) of the n trials of a rung, by the monitored metric at that rung
///
/// With 81 trials, 27 epochs, `first` of 1 and `factor` of 3 that is 243 epochs: as many as 9 trials of 27. A rung begins
/// when the one before is complete, so that any number of threads gives the same results.
///
/// Throws   DataError for `first` below 1 or `factor` below 2.
/// Source   Jamieson, Talwalkar: Non-stochastic best arm identification and hyperparameter optimization (AISTATS 2016)
struct Halving {
  int first = 1;
  int factor = 3;

  void check() const { detail::expect_rungs("Halving", first, factor); }
  std::optional<TrialStep> next(const SearchState& state) const { return walk(state).next; }
  std::vector<int> ended(const SearchState& state) const {
    const std::vector<int> alive = walk(state).alive;
    std::vector<int> others = state.all();
    std::erase_if(others, [&](int i) { return std::find(alive.begin(), alive.end(), i) != alive.end(); });
    return others;
  }

 private:
  struct Place {
    std::optional<TrialStep> next;
    std::vector<int> alive;  // the trials of the first rung that is not complete
  };
  Place walk(const SearchState& state) const {
    std::vector<int> alive = state.all();
    for (long long rung = first;; rung *= factor) {
      const int at = static_cast<int>(std::min<long long>(rung, state.epochs));
      bool is_complete = true;
      for (const int i : alive) {
        const TrialState& trial = state.trial(i);
        if (trial.epochs >= at || trial.failed) continue;
        if (trial.is_idle()) return {TrialStep{i, at}, alive};
        is_complete = false;
      }
      if (!is_complete || at == state.epochs) return {{}, alive};
      const std::size_t keep = std::max<std::size_t>(1, alive.size() / static_cast<std::size_t>(factor));
      alive = state.ranked(alive, at);
      alive.resize(std::min(alive.size(), keep));
    }
  }
};

/// Asynchronous successive halving: promotes a trial as soon as it is among the best 1 / `factor` of those that have
/// completed its rung so far, and else begins a new one. No thread waits for others, which pays from about four threads
/// on. Which trials are promoted depends on the order in which they end: with several threads, two runs differ.
///
/// Throws   DataError for `first` below 1 or `factor` below 2.
/// Source   Li et al.: A system for massively parallel hyperparameter tuning (MLSys 2020)
struct AsynchronousHalving {
  int first = 1;
  int factor = 3;

  void check() const { detail::expect_rungs("AsynchronousHalving", first, factor); }
  std::optional<TrialStep> next(const SearchState& state) const {
    std::vector<int> rungs;
    for (long long rung = first; rung < state.epochs; rung *= factor) rungs.push_back(static_cast<int>(rung));
    rungs.push_back(state.epochs);

    const std::vector<int> all = state.all();
    const auto promotion = [&](std::size_t least) -> std::optional<TrialStep> {
      for (std::size_t k = rungs.size() - 1; k-- > 0;) {
        const std::vector<int> ranked = state.ranked(all, rungs[k]);
        const std::size_t promoted = std::max(least, ranked.size() / static_cast<std::size_t>(factor));
        for (std::size_t i = 0; i < std::min(promoted, ranked.size()); ++i) {
          const TrialState& trial = state.trial(ranked[i]);
          if (trial.is_idle() && trial.epochs < rungs[k + 1]) return TrialStep{ranked[i], rungs[k + 1]};
        }
      }
      return {};
    };
    if (const auto step = promotion(0)) return step;
    for (const int i : all)
      if (state.trial(i).epochs == 0 && state.trial(i).is_idle()) return TrialStep{i, rungs.front()};
    const bool is_running =
        std::any_of(all.begin(), all.end(), [&](int i) { return state.trial(i).running_to > 0; });
    if (is_running) return {};
    return promotion(1);  // there may be too few for a third of them to reach the last rung
  }
};

}  // namespace descent
