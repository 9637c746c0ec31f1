#pragma once

#include <string>
#include <string_view>

#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

/// The direction in which a metric becomes better.
enum class Mode { min, max };

/// Ends a run when a metric has not improved for `patience` epochs.
///
///   improved:  value < best - min_delta      (Mode::max: value > best + min_delta)
///
/// The weights of the best epoch are kept, unless `restore_best` is false: `fit` returns them whether it stopped
/// early or not, and `Trainer::best_model` returns them at any time. Training itself continues from the current
/// weights, so that a run in parts gives the same bits as a single run. Only a run that this rule ends puts the best
/// weights into `Trainer::model`. A run after that continues from them with the state of the optimizer unchanged, and
/// counts epochs without improvement from 0.
///
/// Throws   DataError after the first epoch when the history has no metric named `monitor`; `val_` names need
///          `.validation`. DataError before training when `patience` or `min_delta` is negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 7.8
/// Example  examples/13_resume.cpp
struct EarlyStopping {
  static constexpr std::string_view name = "EarlyStopping";

  std::string monitor = "val_loss";
  int patience = 5;
  double min_delta = 0;
  Mode mode = Mode::min;
  bool restore_best = true;
};

/// Reduces the learning rate when a metric has not improved for `patience` epochs.
///
///   alpha *= factor      for all further epochs, on top of any schedule, but never to below `minimum`
///
/// As in Keras, the rate is reduced after `patience` epochs. PyTorch waits one more: its patience p is p + 1 here.
/// `min_delta` is absolute, PyTorch's `threshold_mode='abs'`. There is no cooldown.
///
/// Throws   as EarlyStopping; DataError before training when `factor` is not in [0, 1), or another option is negative.
struct ReduceOnPlateau {
  static constexpr std::string_view name = "ReduceOnPlateau";

  std::string monitor = "val_loss";
  double factor = 0.1;
  int patience = 5;
  double min_delta = 1e-4;
  Mode mode = Mode::min;
  double minimum = 0;
};

namespace detail {
template <class Rule>
void expect_usable(const Rule& rule) {
  expect_not_negative(
      {Rule::name, "patience", static_cast<double>(rule.patience), "pass a number of epochs"});
  expect_not_negative({Rule::name, "min_delta", rule.min_delta});
}
}  // namespace detail

/// The best value of a metric so far, and the number of epochs since then.
class Best {
 public:
  /// A metric to watch, the direction of improvement, and the least improvement that counts.
  struct Watched {
    std::string_view monitor;
    Mode mode = Mode::min;
    double min_delta = 0;
  };

  /// Compares the metric's latest value with the best; true if it is an improvement.
  bool update(const Watched& watched, const History& history) {
    const double value = history[watched.monitor].back();
    const double gain = watched.mode == Mode::min ? best_ - value : value - best_;
    const bool better = is_nan(best_) || (!is_nan(gain) && gain > watched.min_delta);
    if (better) best_ = value;
    waited_ = better ? 0 : waited_ + 1;
    return better;
  }

  /// The number of epochs since the best one, or since `restart_wait`.
  int waited() const { return waited_; }
  void restart_wait() { waited_ = 0; }

  void visit_members(auto& a) { a("best", best_), a("waited", waited_); }

 private:
  double best_ = detail::not_a_number<double>();
  int waited_ = 0;
};

}  // namespace descent
