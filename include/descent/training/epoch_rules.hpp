#pragma once

#include <algorithm>

#include "descent/training/early_stopping.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The rules that are applied to the measurements after each epoch: early stopping, reduction of the learning rate,
/// and the choice of the checkpoint to keep.
class EpochRules {
 public:
  /// Returns the factor for the learning rate: below 1 if the metric has not improved for `patience` epochs.
  double apply(const ReduceOnPlateau& rule, const History& history, double learning_rate) {
    plateau_.update(watched(rule), history);
    if (plateau_.waited() < std::max(rule.patience, 1)) return 1;
    plateau_.restart_wait();
    const double lower = std::max(learning_rate * rule.factor, std::min(rule.minimum, learning_rate));
    return learning_rate > 0 ? lower / learning_rate : 1;
  }

  /// Properties of the epoch: it is the best so far, and it is the last one of the run.
  struct Verdict {
    bool is_best, is_over;
  };
  Verdict apply(const EarlyStopping& rule, const History& history) {
    const bool is_best = best_.update(watched(rule), history);
    const bool is_over = best_.waited() >= std::max(rule.patience, 1);
    if (is_over) best_.restart_wait();
    return {is_best, is_over};
  }

  /// True if this epoch is the best so far by the metric that selects the checkpoint.
  bool is_best(const Best::Watched& watched, const History& history) {
    return kept_.update(watched, history);
  }

  static Best::Watched watched(const auto& rule) { return {rule.monitor, rule.mode, rule.min_delta}; }

  void visit_members(auto& a) { a("best", best_), a("plateau", plateau_), a("kept", kept_); }

 private:
  Best best_, plateau_, kept_;
};

}  // namespace descent::detail
