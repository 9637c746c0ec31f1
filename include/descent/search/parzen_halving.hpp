#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "descent/core/options.hpp"
#include "descent/search/halving.hpp"
#include "descent/search/strategy.hpp"

namespace descent::inline DESCENT_ABI {

/// Successive halving whose trials are drawn near the best so far, by a tree-structured Parzen estimator: the first
/// `random` trials at random, the others in groups, each like the best 15 % of the trials of earlier groups and unlike the
/// rest, by the monitored metric after `first` epochs.
///
///   l(x), g(x)   densities of a hyper-parameter among the best, and among the rest
///   value        of 24 that are drawn from l, that with the greatest l(x) / g(x)
///
/// On digits it needs a third to two thirds of the epochs of `Halving` for the same result. A group begins when the one before is complete, so
/// that any number of threads gives the same results; `group` is also the most threads that are busy in the first rung.
///
/// Throws   DataError for `first`, `random` or `group` below 1 or `factor` below 2.
/// Source   Bergstra, Bardenet, Bengio, Kégl: Algorithms for hyper-parameter optimization (NIPS 2011); with halving,
///          Falkner, Klein, Hutter: BOHB: robust and efficient hyperparameter optimization at scale (ICML 2018)
struct ParzenHalving {
  int first = 3;
  int factor = 3;
  int random = 27;
  int group = 9;

  void check() const {
    detail::expect_rungs("ParzenHalving", first, factor);
    expect_at_least_one({"ParzenHalving", "random", static_cast<double>(random), "pass a number of trials"});
    expect_at_least_one({"ParzenHalving", "group", static_cast<double>(group), "pass a number of trials"});
  }
  std::optional<TrialStep> next(const SearchState& state) const {
    const auto step = halving().next(state);
    if (!step || state.trial(step->trial).epochs > 0 || step->trial != sampling().earlier(step->trial))
      return step;
    const bool is_running = std::any_of(state.trials.begin(), state.trials.end(),
                                        [](const TrialState& trial) { return trial.running_to > 0; });
    return is_running ? std::nullopt : step;
  }
  std::vector<int> ended(const SearchState& state) const { return halving().ended(state); }
  Sampling sampling() const { return {random, group, first}; }

 private:
  Halving halving() const { return {first, factor}; }
};

}  // namespace descent
