#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/data/batches.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/loop_state.hpp"
#include "descent/training/progress.hpp"

namespace descent::detail {

/// A mini-batch of a step: the numbers of its samples, and its place in the step and in the training set.
struct MiniBatch {
  std::span<const Index> samples;
  Index training_samples;
  Index first_sample;    // the number of samples of the step before it
  double weight_before;  // of these
  bool is_full, ends_step;
};

/// The cost of a mini-batch: the mean loss with the penalty. `weight` is that of its samples.
struct MiniBatchCost {
  double cost, weight;
};

/// The side of training that knows the types of model, loss and optimizer.
class Learner : public Checkpointed {
 public:
  virtual Clock& clock() = 0;
  virtual double learning_rate() const = 0;

  virtual void begin_epoch() = 0;
  /// Adds the mini-batch to the gradient of the step, and steps if it is the last.
  virtual MiniBatchCost learn(const MiniBatch& batch) = 0;
  virtual NamedValues training_values(double mean_cost) const = 0;
  virtual void add_validation_values(NamedValues& values, Index training_samples) const = 0;
  virtual void expect_finite_weights() const = 0;
  virtual void keep_best_weights() = 0;
  virtual Next notify_epoch_end() const = 0;
};

/// The options that the loop reads.
struct LoopOptions {
  EpochPlan plan;
  bool has_validation;
  const std::optional<EarlyStopping>& early_stopping;
  const std::optional<ReduceOnPlateau>& reduce_on_plateau;
  const std::vector<Callback<BatchEnd>>& on_batch_end;
  const CheckpointOptions& checkpoint;
  const ProgressOptions& progress;
};

/// The epochs of a run, for any model: order, history, early stopping, plateau, progress, callbacks and the times of
/// checkpoints. What needs the model is asked of the learner, so that this is compiled once.
class TrainingLoop {
 public:
  TrainingLoop(Learner& learner, const LoopOptions& options)
      : learner_{learner}, options_{options}, state_{learner.loop_state()} {}

  void run(int epochs) {
    const EpochPlan& plan = options_.plan;
    Progress progress{options_.progress, epochs,
                      plan.drop_last ? plan.batches() * plan.batch_size : plan.samples};
    Next next = Next::proceed;
    restart_timer();
    try {
      for (int i = 0; i < epochs && next == Next::proceed; ++i) next = run_epoch(progress);
    } catch (...) {
      state_.epoch.reset();
      throw;
    }
    if (epochs > 0) state_.stopped = next == Next::stop;
    if (!options_.checkpoint.path.empty()) options_.checkpoint.path.save(learner_);
  }

 private:
  Next run_epoch(Progress& progress) {
    if (!state_.epoch) {
      state_.epoch = Epoch{options_.plan};
      learner_.begin_epoch();
    }
    Epoch& epoch = *state_.epoch;
    const EpochPlan& plan = epoch.plan;
    const std::vector<Index> order = plan.shuffle
                                         ? shuffled_order(plan.samples, plan.seed, learner_.clock().epoch)
                                         : plain_order(plan.samples);
    Next next = Next::proceed;

    progress.begin_epoch();
    while (epoch.batches < plan.batches() && next == Next::proceed) {
      const std::span<const Index> samples = mini_batch(order, plan.batch_size, epoch.batches);
      const auto size = static_cast<Index>(samples.size());
      ++epoch.batches;
      const bool ends_step = epoch.batches % plan.accumulate == 0 || epoch.batches == plan.batches();
      const auto [cost, weight] = learner_.learn(
          {samples, plan.samples, epoch.in_step, epoch.weight_in_step, size == plan.batch_size, ends_step});
      epoch.in_step = ends_step ? 0 : epoch.in_step + size;
      epoch.weight_in_step = ends_step ? 0 : epoch.weight_in_step + weight;
      epoch.cost += {cost * weight, weight};
      epoch.samples += size;
      next = notify(options_.on_batch_end, BatchEnd{learner_.clock().step, cost, learner_.learning_rate()});
      if (progress.wants_update())
        progress.update(epoch.samples, learner_.training_values(epoch.mean_cost()), learner_.learning_rate());
      if (epoch.in_step == 0 && next == Next::proceed && checkpoint_is_due()) {
        options_.checkpoint.path.save(learner_);
        restart_timer();
      }
    }
    return std::max(next, end_epoch(progress));
  }

  Next end_epoch(Progress& progress) {
    ++learner_.clock().epoch;
    learner_.expect_finite_weights();
    NamedValues values = learner_.training_values(state_.epoch->mean_cost());
    state_.epoch.reset();
    if (options_.has_validation) learner_.add_validation_values(values, options_.plan.samples);
    for (const Series& s : values) state_.history.add(s.name, s.values.back());
    progress.end_epoch(values);

    Next next = apply_rules();
    if (!options_.checkpoint.path.empty() && options_.checkpoint.keep_best && is_best())
      options_.checkpoint.path.save(learner_, ".best");
    return std::max(next, learner_.notify_epoch_end());
  }

  Next apply_rules() {
    if (options_.reduce_on_plateau)
      state_.rules.apply(*options_.reduce_on_plateau, state_.history, learner_.learning_rate(),
                         learner_.clock());
    if (!options_.early_stopping) return Next::proceed;
    const auto [is_best, is_over] = state_.rules.apply(*options_.early_stopping, state_.history);
    if (is_best && options_.early_stopping->restore_best) learner_.keep_best_weights();
    return is_over ? Next::stop : Next::proceed;
  }

  bool is_best() {
    const Best::Watched loss{options_.has_validation ? "val_loss" : "loss"};
    const auto& stopping = options_.early_stopping;
    return state_.rules.is_best(stopping ? EpochRules::watched(*stopping) : loss, state_.history);
  }

  bool checkpoint_is_due() const {
    const CheckpointOptions& checkpoint = options_.checkpoint;
    if (checkpoint.path.empty()) return false;
    const bool steps_are_over =
        checkpoint.every_steps > 0 && learner_.clock().step - saved_at_step_ >= checkpoint.every_steps;
    return steps_are_over || (checkpoint.every_seconds > 0 && now() - saved_at_ >= checkpoint.every_seconds);
  }
  void restart_timer() {
    saved_at_step_ = learner_.clock().step;
    saved_at_ = now();
  }

  Learner& learner_;
  const LoopOptions& options_;
  LoopState& state_;
  std::int64_t saved_at_step_ = 0;
  double saved_at_ = 0;
};

}  // namespace descent::detail
