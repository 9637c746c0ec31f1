#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "descent/core/concepts.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/history.hpp"
#include "descent/training/options.hpp"

namespace descent::detail {

/// What looks at the measurements after each epoch: early stopping, the plateau rule, and the choice of the best epoch.
template <Layer M>
class EpochRules {
 public:
  /// Whether to go on. The plateau rule lowers the learning rate by way of the clock.
  Next apply(const FitOptions<M>& options, const EpochEnd<M>& end, Clock& clock) {
    if (const auto& rule = options.reduce_on_plateau) {
      plateau_.update(*rule, end.history);
      if (plateau_.waited() >= std::max(rule->patience, 1)) {
        const double rate = end.learning_rate,
                     lower = std::max(rate * rule->factor, std::min(rule->minimum, rate));
        if (rate > 0) clock.rate_scale *= lower / rate;
        plateau_.wait_again();
      }
    }
    if (const auto& rule = options.early_stopping) {
      if (best_.update(*rule, end.history) && rule->restore_best) best_model_ = end.model;
      if (best_.waited() >= std::max(rule->patience, 1)) return Next::stop;
    }
    return Next::proceed;
  }

  /// Whether this epoch was the best so far, by the metric of early stopping or else the loss.
  bool is_best(const FitOptions<M>& options, const History& history) {
    const EarlyStopping otherwise{.monitor = options.validation != nullptr ? "val_loss" : "loss"};
    return kept_.update(options.early_stopping.value_or(otherwise), history);
  }

  /// The weights to end with, where early stopping keeps them.
  const std::optional<M>& best_model() const { return best_model_; }

  void visit_members(auto& a, const M& blank) {
    a("best_model", best_model_, blank);
    a("best", best_), a("plateau", plateau_), a("kept", kept_);
  }

 private:
  std::optional<M> best_model_;
  Best best_, plateau_, kept_;
};

}  // namespace descent::detail
