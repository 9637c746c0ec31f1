#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "descent/core/options.hpp"
#include "descent/search/strategy.hpp"

namespace descent::inline DESCENT_ABI {

/// Median pruning: trains the trials in groups, and ends one that is worse than the median of those of earlier groups.
///
///   from epoch `warm_up` on, a trial ends after epoch e if its best score so far is below the median at epoch e of the
///   trials of earlier groups that were trained for all epochs
///
/// The first group is trained for all epochs. A group begins when the one before is complete, so that any number of
/// threads gives the same results.
///
/// Throws   DataError for `warm_up` or `group` below 1.
/// Source   Golovin et al.: Google Vizier: a service for black-box optimization (KDD 2017), 3.2.2
struct MedianPruning {
  int warm_up = 3;
  int group = 8;

  void check() const {
    expect_at_least_one(
        {"MedianPruning", "warm_up", static_cast<double>(warm_up), "pass a number of epochs"});
    expect_at_least_one({"MedianPruning", "group", static_cast<double>(group), "pass a number of trials"});
  }
  std::optional<TrialStep> next(const SearchState& state) const {
    const auto trials = static_cast<int>(state.trials.size());
    std::vector<int> earlier;  // those that were trained for all epochs
    for (int first = 0; first < trials; first += group) {
      bool is_complete = true;
      const int end = std::min(trials, first + group);
      for (int i = first; i < end; ++i) {
        const TrialState& trial = state.trial(i);
        if (trial.failed || trial.epochs >= state.epochs || is_pruned(state, i, earlier)) continue;
        if (trial.is_idle()) return TrialStep{i, target(state, i, earlier)};
        is_complete = false;
      }
      if (!is_complete) return {};
      for (int i = first; i < end; ++i)
        if (state.trial(i).epochs >= state.epochs) earlier.push_back(i);
    }
    return {};
  }
  std::vector<int> ended(const SearchState& state) const {
    std::vector<int> earlier, pruned;
    for (int i = 0; i < static_cast<int>(state.trials.size()); ++i) {
      if (i % group == 0)
        for (int k = std::max(0, i - group); k < i; ++k)
          if (state.trial(k).epochs >= state.epochs) earlier.push_back(k);
      if (is_pruned(state, i, earlier)) pruned.push_back(i);
    }
    return pruned;
  }

 private:
  int target(const SearchState& state, int i, const std::vector<int>& earlier) const {
    if (earlier.empty()) return state.epochs;
    return std::min(state.epochs, std::max(warm_up, state.trial(i).epochs + 1));
  }
  bool is_pruned(const SearchState& state, int i, const std::vector<int>& earlier) const {
    const TrialState& trial = state.trial(i);
    if (earlier.empty() || trial.epochs < warm_up || trial.epochs >= state.epochs) return false;
    std::vector<double> others;
    for (const int k : earlier) others.push_back(state.trial(k).score(trial.epochs));
    std::sort(others.begin(), others.end());
    const double median = (others[(others.size() - 1) / 2] + others[others.size() / 2]) / 2;
    double best = trial.scores.front().second;
    for (const auto& [epochs, score] : trial.scores) best = std::max(best, score);
    return best < median;
  }
};

}  // namespace descent
