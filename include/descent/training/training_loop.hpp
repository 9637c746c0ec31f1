#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/loop_state.hpp"
#include "descent/training/progress.hpp"
#include "descent/training/sample_order.hpp"
#include "descent/training/shards.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The objective at the samples of a step before the step is taken, the total weight of the samples, and the learning
/// rate of the step.
struct StepResult {
  double objective, weight, learning_rate;
};

/// The number of samples of a step and of each of its mini-batches.
struct StepSize {
  Index samples, batch_size;
};

/// Interface between the training loop and the code that knows the types of model, loss, optimizer and data.
class Learner {
 public:
  virtual TrainingProgress& progress() = 0;
  virtual double learning_rate() const = 0;

  virtual void begin_epoch() = 0;
  /// Takes one step on the samples with these indices. This rank has fewer than `size` if its shard is not the longest.
  virtual StepResult take_step(std::span<const Index> samples, const StepSize& size) = 0;
  virtual Next notify_step_end(const StepResult& step) const = 0;
  /// Merges the metrics of all ranks.
  virtual void merge_metrics() = 0;
  virtual NamedValues training_values(double mean_objective) const = 0;
  virtual void add_validation_values(NamedValues& values) const = 0;
  virtual void expect_finite_weights() const = 0;
  virtual void keep_best_weights() = 0;
  virtual void restore_best_weights() = 0;
  virtual Next notify_epoch_end() const = 0;
  virtual void notify_begin() const = 0;
  virtual void notify_end() const = 0;
  /// To be called while an exception is handled.
  virtual void notify_failure() const noexcept = 0;

 protected:
  ~Learner() = default;
};

/// The options that the training loop reads.
struct LoopOptions {
  Index training_samples;
  Index batch_size, accumulate;
  std::uint64_t seed;
  bool shuffle, drop_last;
  const SampleOrder& order;
  bool has_validation;
  const std::optional<EarlyStopping>& early_stopping;
  const std::optional<ReduceOnPlateau>& reduce_on_plateau;
  const CheckpointOptions& checkpoint;
  const ProgressOptions& progress;
  Communicator& ranks;

  /// The order of the samples of this rank.
  [[gnu::cold]] std::vector<Index> order_of(std::int64_t epoch) const {
    if (order) return order(epoch, training_samples);
    return shuffle ? shuffled_order(training_samples, seed_of_rank(seed, ranks.rank()), epoch)
                   : plain_order(training_samples);
  }
  /// The plan of an epoch for the number of its samples on this rank: that of the longest shard.
  [[gnu::cold]] EpochPlan plan(Index own_samples) const {
    const Index samples = ranks.max(own_samples);
    return {samples, std::min(batch_size, samples), accumulate, seed, shuffle && !order, drop_last};
  }
  [[gnu::cold]] Index samples_of(std::int64_t epoch) const {
    return order ? static_cast<Index>(order_of(epoch).size()) : training_samples;
  }
};

/// Returns the options of the loop, which refer to those of the trainer.
LoopOptions loop_options(const auto& options, Index training_samples) {
  return {training_samples,
          options.batch_size,
          options.accumulate,
          options.seed,
          options.shuffle,
          options.drop_last,
          options.order,
          options.validation != nullptr,
          options.early_stopping,
          options.reduce_on_plateau,
          options.checkpoint,
          options.progress,
          options.communicator.ranks()};
}

/// The loop over epochs: sample order, history, early stopping, reduction of the learning rate, progress, callbacks
/// and the intervals of checkpoints. The learner does whatever depends on the model, so that this class is no template.
class TrainingLoop {
 public:
  TrainingLoop(Learner& learner, LoopState& state, Checkpointed& saved, const LoopOptions& options)
      : learner_{learner}, state_{state}, saved_{saved}, options_{options} {}

  [[gnu::cold]] void run(int epochs) {
    const Index samples = options_.samples_of(learner_.progress().epoch);
    Progress display{options_.ranks.rank() == 0 ? options_.progress : silent, epochs,
                     static_cast<Index>(options_.plan(samples).samples_used())};
    End end = End::none;
    restart_timer();
    learner_.notify_begin();
    try {
      for (int i = 0; i < epochs && end == End::none; ++i) end = run_epoch(display);
    } catch (...) {
      state_.epoch.reset();
      learner_.notify_failure();
      options_.ranks.end_all();
      throw;
    }
    if (end == End::early_stopping) learner_.restore_best_weights();
    if (epochs > 0) state_.stopped = end != End::none;
    learner_.notify_end();
    if (!options_.checkpoint.path.empty()) options_.checkpoint.path.save(saved_, options_.ranks);
  }

 private:
  /// The reason for which a run ends before its last epoch, in increasing order of precedence.
  enum class End { none, callback, early_stopping };

  /// Trains for an epoch, or for the remainder of one in progress. The epoch ends early if a callback stops it at a
  /// step.
  End run_epoch(Progress& display) {
    const std::vector<Index> order = options_.order_of(learner_.progress().epoch);
    if (!state_.epoch) {
      state_.epoch = Epoch{.plan = options_.plan(static_cast<Index>(order.size()))};
      learner_.begin_epoch();
    }
    Epoch& epoch = *state_.epoch;
    Stopwatch watch;
    Next next = Next::proceed;

    display.begin_epoch();
    while (epoch.samples < epoch.plan.samples_used() && next == Next::proceed) {
      const std::int64_t size = epoch.plan.step_size(epoch.samples);
      const StepResult step =
          learner_.take_step(part_of_order(order, {epoch.samples, size}),
                             {static_cast<Index>(size), static_cast<Index>(epoch.plan.batch_size)});
      epoch.samples += size;
      epoch.objective += {step.objective * step.weight, step.weight};
      epoch.learning_rate = step.learning_rate;
      next = learner_.notify_step_end(step);
      if (display.wants_update())
        display.update(epoch.samples, learner_.training_values(epoch.objective.mean()),
                       learner_.learning_rate());
      if (next == Next::proceed && checkpoint_is_due()) {
        epoch.seconds += watch.lap();
        options_.checkpoint.path.save(saved_, options_.ranks);
        restart_timer();
      }
    }
    return std::max(next == Next::stop ? End::callback : End::none, end_epoch(display, watch));
  }

  [[gnu::cold]] End end_epoch(Progress& display, Stopwatch& watch) {
    ++learner_.progress().epoch;
    learner_.expect_finite_weights();
    learner_.merge_metrics();
    NamedValues values = learner_.training_values(state_.epoch->objective.mean());
    if (options_.has_validation) learner_.add_validation_values(values);
    state_.history.add_epoch(values, state_.epoch->learning_rate, state_.epoch->seconds + watch.lap());
    state_.epoch.reset();
    display.end_epoch(values);

    const bool is_over = apply_rules();
    if (!options_.checkpoint.path.empty() && options_.checkpoint.keep_best && is_best())
      options_.checkpoint.path.save(saved_, options_.ranks, ".best");
    const Next next = learner_.notify_epoch_end();
    return is_over ? End::early_stopping : next == Next::stop ? End::callback : End::none;
  }

  /// Reduces the learning rate on a plateau and keeps the best weights. Returns true if early stopping ends the run.
  [[gnu::cold]] bool apply_rules() {
    if (options_.reduce_on_plateau)
      learner_.progress().rate_scale *=
          state_.rules.apply(*options_.reduce_on_plateau, state_.history, learner_.learning_rate());
    if (!options_.early_stopping) return false;
    const auto [is_best, is_over] = state_.rules.apply(*options_.early_stopping, state_.history);
    if (is_best && options_.early_stopping->restore_best) learner_.keep_best_weights();
    return is_over;
  }

  bool is_best() {
    const Best::Watched loss{options_.has_validation ? "val_loss" : "loss"};
    const auto& stopping = options_.early_stopping;
    return state_.rules.is_best(stopping ? EpochRules::watched(*stopping) : loss, state_.history);
  }

  [[gnu::cold, gnu::noinline]] bool checkpoint_is_due() const {
    const CheckpointOptions& checkpoint = options_.checkpoint;
    if (checkpoint.path.empty()) return false;
    const bool steps_have_passed =
        checkpoint.every_steps > 0 && learner_.progress().step - saved_at_step_ >= checkpoint.every_steps;
    return steps_have_passed || (checkpoint.every_seconds > 0 &&
                                 options_.ranks.any(now() - saved_at_ >= checkpoint.every_seconds));
  }
  void restart_timer() {
    saved_at_step_ = learner_.progress().step;
    saved_at_ = now();
  }

  Learner& learner_;
  LoopState& state_;
  Checkpointed& saved_;
  const LoopOptions& options_;
  std::int64_t saved_at_step_ = 0;
  double saved_at_ = 0;
};

}  // namespace descent::detail
