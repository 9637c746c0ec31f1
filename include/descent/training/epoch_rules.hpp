#pragma once

#include <algorithm>

#include "descent/core/concepts.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/history.hpp"

namespace descent::detail {

/// What looks at the measurements after each epoch: early stopping, the plateau rule, and the choice of the best epoch.
class EpochRules {
 public:
  /// Lowers the learning rate, by way of the clock, if the metric has not become better for long enough.
  void apply(const ReduceOnPlateau& rule, const History& history, double learning_rate, Clock& clock) {
    plateau_.update(watched(rule), history);
    if (plateau_.waited() < std::max(rule.patience, 1)) return;
    const double lower = std::max(learning_rate * rule.factor, std::min(rule.minimum, learning_rate));
    if (learning_rate > 0) clock.rate_scale *= lower / learning_rate;
    plateau_.wait_again();
  }

  struct Verdict {
    bool is_best, is_over;
  };
  Verdict apply(const EarlyStopping& rule, const History& history) {
    const bool is_best = best_.update(watched(rule), history);
    return {is_best, best_.waited() >= std::max(rule.patience, 1)};
  }

  /// True if this epoch was the best so far, for the checkpoint that is kept.
  bool is_best(const Best::Watched& watched, const History& history) {
    return kept_.update(watched, history);
  }

  static Best::Watched watched(const auto& rule) { return {rule.monitor, rule.mode, rule.min_delta}; }

  void visit_members(auto& a) { a("best", best_), a("plateau", plateau_), a("kept", kept_); }

 private:
  Best best_, plateau_, kept_;
};

}  // namespace descent::detail
