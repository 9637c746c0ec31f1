#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/not_copied.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/data/dataset.hpp"
#include "descent/parallel/flush_denormals.hpp"
#include "descent/training/averages.hpp"
#include "descent/training/batch_gradient.hpp"
#include "descent/training/check_run.hpp"
#include "descent/training/mini_batch.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/options.hpp"
#include "descent/training/parts_of_model.hpp"
#include "descent/training/training_loop.hpp"
#include "descent/training/training_run.hpp"

namespace descent::inline DESCENT_ABI {

/// Training as a value: the model, the optimizer with its state, and the progress so far. Run it for some epochs,
/// inspect or change it, and run it again. A copy is a snapshot to return to; copies share only what callbacks and
/// other functions in the options refer to.
///
///   Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, {.batch_size = 64}};
///   trainer.run(train, 10);
///   const auto before = trainer;
///   trainer.optimizer.learning_rate = 1e-4;
///   trainer.run(train, 10);
///
/// Two runs of 10 epochs give the same bits as one of 20, also with early stopping: see `EarlyStopping`. Here as in
/// `History`, the objective is the mean loss plus the penalty of the regularizer.
///
/// Example  examples/06_batch_norm.cpp
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
class Trainer final : private detail::Checkpointed {
  static_assert(has_valid_hooks<M>);

 public:
  using T = typename M::Scalar;
  using State = typename O::template State<M>;

  M model;
  L loss;
  O optimizer;
  FitOptions<M> options;

  /// Continues the run of the checkpoint `.resume_from` if a path is given.
  ///
  /// Throws   FormatError when the file is not a checkpoint of a trainer with the same model, optimizer and metrics,
  ///          DataError when `.first_epoch` is out of range.
  [[gnu::cold]] Trainer(M trained, L with_loss, O with_optimizer, FitOptions<M> with = {})
      : model{std::move(trained)},
        loss{std::move(with_loss)},
        optimizer{std::move(with_optimizer)},
        options{std::move(with)},
        state_{optimizer.init(model)} {
    detail::expect_first_epoch(options.first_epoch);
    state_.progress.epoch = options.first_epoch;
    options.communicator.begin(model, *this, options.resume_from);
  }

  /// Trains for `options.epochs` more epochs, or until early stopping or a callback ends the run.
  ///
  /// Throws   DataError or ShapeError, before the first step, when data, model, loss and options do not fit together;
  ///          NumericalError when the objective or its gradient is not finite, with the model as it was before that
  ///          step.
  const History& run(const Dataset<T>& train) { return run(train, options.epochs); }

  [[gnu::cold]] const History& run(const Dataset<T>& train, int epochs) {
    const detail::LoopOptions loop_options = detail::loop_options(options, train.samples());
    Index epoch_samples = 0;
    options.communicator.together([&] {
      detail::check_run(model, loss, options, train, epochs);
      epoch_samples = loop_options.samples_of(this->epochs());
    });
    detail::TrainingRun run{*this, train, options.communicator.sum(train.samples())};
    options.communicator.expect_same(options, model, epochs, run);
    if (options.sync_batch_norm) options.communicator.expect_equal(train.samples());
    const detail::EpochPlan plan = loop_options.plan(epoch_samples);
    options.communicator.together(
        [&] { detail::check_epoch(model, train, plan, loop_.epoch, frozen_layers()); });
    const FlushDenormals guard;
    detail::TrainingLoop{run, loop_, *this, loop_options}.run(epochs);
    return history();
  }

  /// Takes a step on one batch, which counts as the training set for the regularizer, and returns the objective before
  /// the step. Without `weights` all samples have weight 1. Calls no callback. Learning rates that follow the epochs
  /// advance with `end_epoch`.
  ///
  /// Throws   ShapeError or DataError when the batch does not fit the model, when there is not one target and one
  ///          weight for each sample, or when a weight is negative. The loss alone checks the values of inputs and
  ///          targets.
  double step(const Batch<T>& x, const Batch<T>& y, SampleWeights<T> weights = {}) {
    detail::check_step(model, x, y, weights);
    if (auto* const rule = parts()) rule->expect_names(model, options);
    const FlushDenormals guard;
    if (options.sync_batch_norm) options.communicator.expect_equal(x.cols());
    const Index samples = options.communicator.sum(x.cols());
    const BatchResult result =
        differentiate({x, y, weights}, {samples, options.communicator.first_sample({0, x.cols()})});
    update(result, samples);
    return result.objective();
  }

  /// Counts an epoch as done, so that learning rates which follow the epochs advance in a hand-written loop:
  ///
  ///   Trainer trainer{net, loss, Adam{.learning_rate = Cosine{.initial = 1e-2, .steps = 20}}};
  ///   for (int epoch = 0; epoch < 20; ++epoch, trainer.end_epoch())
  ///     for (const auto& [x, y] : batches) trainer.step(x, y);
  ///
  /// Measures nothing and calls no callback.
  void end_epoch() {
    loop_.epoch.reset();
    ++state_.progress.epoch;
  }

  /// Writes a checkpoint, from which a trainer with the same model, optimizer and metrics continues with the same bits
  /// if `.resume_from` names it. Contains neither the options nor the data. With a communicator all ranks call it, and
  /// rank 0 writes.
  ///
  /// Throws   FormatError when the file cannot be written; a previous file is kept.
  void save(const std::string& path) { CheckpointPath{path}.save(*this, ranks()); }

  using detail::Checkpointed::visit_members;

  /// The model that is measured on the validation set: the average of the weights with `options.average_weights`, else
  /// `model`.
  const M& evaluated_model() const { return average_ ? *average_ : model; }

  /// The model that `fit` returns: that of the best epoch so far if `options.early_stopping` keeps it, else
  /// `evaluated_model()`.
  const M& best_model() const { return keeps_best() ? *best_model_ : evaluated_model(); }

  const History& history() const& { return loop_.history; }
  History history() && { return std::move(loop_.history); }
  const State& state() const { return state_; }
  std::int64_t steps() const { return state_.progress.step; }
  /// The number of epochs done, counted from `options.first_epoch`.
  std::int64_t epochs() const { return state_.progress.epoch; }
  /// The number of epochs that remain of `options.epochs`; 0 after a run that was stopped.
  int epochs_left() const {
    const std::int64_t done = epochs() - options.first_epoch, left = options.epochs - done;
    return stopped() || (left < 0 && done > 0) ? 0 : static_cast<int>(left);
  }
  /// True if early stopping or a callback ended the last run.
  bool stopped() const { return loop_.stopped; }
  /// The learning rate of the next step.
  double learning_rate() const { return optimizer.learning_rate(state_.progress); }

 private:
  friend detail::TrainingRun<Trainer>;

  using BatchGradient = detail::BatchGradient<M>;
  using BatchResult = detail::BatchResult<M>;
  using MiniBatch = detail::MiniBatch<T>;

  // A step: the objective and its gradient for each mini-batch, then one update of the model.

  /// The position of a mini-batch in its step, and the size of the training set.
  struct Position {
    Index training_samples;  // of all ranks
    Index first_sample = 0;  // number of the step's samples before it
    bool is_full = true;
  };

  /// Computes the objective and the gradient of the mean loss, to which `update` adds that of the penalty.
  BatchResult differentiate(const MiniBatch& batch, const Position& at) {
    BatchResult result = batch_gradient().compute(model, loss, batch, at.is_full,
                                                  {.seed = dropout_seed(),
                                                   .step = steps(),
                                                   .first_sample = at.first_sample,
                                                   .frozen = frozen_layers(),
                                                   .ranks = options.sync_batch_norm ? &ranks() : &solo},
                                                  options.communicator);
    result.penalty = penalty(model, at.training_samples, result.workers);
    if (!is_finite(result.objective()) || !result.gradient_is_finite)
      detail::throw_not_finite(result.fault(model), state_.progress, learning_rate());
    detail::PartsRule<M>* const rule = parts();
    if (rule) rule->clear(result.gradient, options), rule->keep(model, options);
    if (batch.size() > 0) descent::update_state(model, result.cache);
    options.communicator.average_state(model, batch.size(), batch_gradient().sent());
    if (rule) rule->restore(model, options);
    return result;
  }

  /// Adds the penalty's gradient, clips, steps the optimizer, applies the weight constraint and averages the weights.
  /// Returns the learning rate of the step.
  double update(const BatchResult& at, Index training_samples) {
    const double rate = learning_rate();
    if (!is_finite(static_cast<T>(rate)))
      detail::throw_not_finite({"learning rate", rate, "its schedule"}, state_.progress, rate);
    detail::PartsRule<M>* const rule = parts();
    options.regularizer.add_gradient(model, at.gradient, training_samples, at.workers);
    if (rule) rule->clear(at.gradient, options);
    options.clip.apply(at.gradient, at.workers);
    if constexpr (requires { optimizer.step(model, at.gradient, state_, at.workers); })
      optimizer.step(model, at.gradient, state_, at.workers);
    else
      optimizer.step(model, at.gradient, state_);
    if (rule) rule->scale(model, options);
    options.constraint.apply(model, at.workers);
    if (rule) rule->restore(model, options);
    if (options.average_weights > 0) {
      detail::average_weights(average_, model, options.average_weights, at.workers);
      if (rule) rule->restore(*average_, options);  // an average of equal values rounds
    }
    return rate;
  }

  Communicator& ranks() const { return options.communicator.ranks(); }

  /// The rule for parts that are frozen or have a learning rate of their own; null if there are none.
  [[gnu::noinline]] detail::PartsRule<M>* parts() {
    if (options.frozen.empty() && options.rate_factors.empty()) return nullptr;
    if (*parts_ == nullptr) *parts_ = detail::parts_rule(options);
    return parts_->get();
  }
  const FrozenLayers* frozen_layers() {
    detail::PartsRule<M>* const rule = parts();
    return rule ? rule->layers(model, options) : nullptr;
  }
  double penalty(const M& of, Index samples, Workers& workers) {
    detail::PartsRule<M>* const rule = parts();
    return rule ? rule->penalty(of, options, samples, workers)
                : options.regularizer.penalty(of, samples, workers);
  }

  /// The working memory and the threads of the steps; `options.threads` may change from step to step.
  BatchGradient& batch_gradient() {
    if (*batch_gradient_ == nullptr || (*batch_gradient_)->workers().size() != options.threads)
      *batch_gradient_ = std::make_unique<BatchGradient>(model, options.threads);
    return **batch_gradient_;
  }

  /// The seed of the dropout masks. It depends on the first epoch, because masks are drawn by the number of the step,
  /// which starts at 0 also in a run that continues at a later epoch.
  std::uint64_t dropout_seed() const {
    return options.seed + 0x9E3779B97F4A7C15 * static_cast<std::uint64_t>(options.first_epoch);
  }

  // The state between steps and between epochs.

  std::vector<AnyMetric<T>> prepared_metrics() const {
    return detail::prepared(options.metrics, detail::measured_kind(model, loss));
  }
  [[gnu::cold]] void begin_metrics() { metrics_ = prepared_metrics(); }

  bool keeps_best() const {
    return best_model_ && options.early_stopping && options.early_stopping->restore_best;
  }

  // The content of a checkpoint.

  detail::LoopState& loop_state() override { return loop_; }
  [[gnu::cold]] void visit_model(Archive& a) override { a("model", model), a("optimizer", state_); }
  [[gnu::cold]] void visit_rest(Archive& a) override {
    if (!options.frozen.empty()) parts()->visit(a, options);
    a("average", average_, model);
    if (loop_.epoch) {
      if (metrics_.size() != options.metrics.size()) begin_metrics();
      options.communicator.visit(a, metrics_);
    }
    a("best_model", best_model_, model);
  }

  State state_;
  detail::LoopState loop_;
  std::vector<AnyMetric<T>> metrics_;  // of the epoch in progress
  std::optional<M> average_, best_model_;
  NotCopied<std::unique_ptr<detail::PartsRule<M>>> parts_;
  NotCopied<std::unique_ptr<BatchGradient>> batch_gradient_;
};

}  // namespace descent
