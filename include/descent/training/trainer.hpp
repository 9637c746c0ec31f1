#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
#include "descent/training/measure.hpp"
#include "descent/training/mini_batch.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/options.hpp"
#include "descent/training/training_loop.hpp"

namespace descent {

/// Training as a value: the model, the optimizer with its state, and the progress so far. Run it for some epochs, look,
/// change what you like, run it on. A copy is a snapshot to go back to; it shares nothing but what callbacks, and other
/// functions in the options, refer to.
///
///   Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, {.batch_size = 64}};
///   trainer.run(train, 10);
///   const auto before = trainer;
///   trainer.optimizer.learning_rate = 1e-4;
///   trainer.run(train, 10);
///
/// Runs of 10 and 10 epochs give the same bits as one of 20, also with early stopping: see `EarlyStopping`.
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

  /// Throws   FormatError when `.resume_from` is not a checkpoint of such a trainer, DataError when `.first_epoch` is out of
  ///          range.
  [[gnu::cold]] Trainer(M trained, L with_loss, O with_optimizer, FitOptions<M> with = {})
      : model{std::move(trained)},
        loss{std::move(with_loss)},
        optimizer{std::move(with_optimizer)},
        options{std::move(with)},
        state_{optimizer.init(model)} {
    detail::expect_first_epoch(options.first_epoch);
    state_.progress.epoch = options.first_epoch;
    if (!options.resume_from.empty()) options.resume_from.load(*this);
  }

  /// Trains for `options.epochs` more epochs, or until early stopping or a callback ends it.
  ///
  /// Throws   DataError or ShapeError, before anything is trained, when data, model, loss and options do
  ///          not fit together; NumericalError when the loss or its gradient is not finite, with the model
  ///          as it was before that step.
  const History& run(const Dataset<T>& train) { return run(train, options.epochs); }

  const History& run(const Dataset<T>& train, int epochs) {
    const detail::LoopOptions loop_options = detail::loop_options(options, train.samples());
    detail::check_run(model, loss, options, train, epochs);
    detail::check_epoch(model, train, loop_options.plan_of(this->epochs()), loop_.epoch);
    const FlushDenormals guard;
    Run run{*this, train};
    detail::TrainingLoop{run, loop_, *this, loop_options}.run(epochs);
    return history();
  }

  /// Takes a step on one batch, which counts as the training set for the regularizer. Returns the objective before the
  /// step: the mean of the loss plus the penalty. Samples count by their weights, or all the same if none are passed. Calls
  /// no callback. Learning rates that follow the epochs move on with `end_epoch`.
  ///
  /// Throws   ShapeError or DataError when the batch does not fit the model, has not one target and weight a sample, or a
  ///          weight is negative; values and labels are not checked beyond what the loss does.
  double step(const Batch<T>& x, const Batch<T>& y, SampleWeights<T> weights = {}) {
    detail::check_step(model, x, y, weights);
    const FlushDenormals guard;
    const BatchResult objective = differentiate({x, y, weights}, {.training_samples = x.cols()});
    update(objective, x.cols());
    return objective.loss;
  }

  /// Counts an epoch as done, so that learning rates which follow the epochs move on in a loop of one's own:
  ///
  ///   Trainer trainer{net, loss, Adam{.learning_rate = Cosine{.initial = 1e-2, .steps = 20}}};
  ///   for (int epoch = 0; epoch < 20; ++epoch, trainer.end_epoch())
  ///     for (const auto& [x, y] : batches) trainer.step(x, y);
  ///
  /// Measures nothing, and calls no callback.
  void end_epoch() {
    loop_.epoch.reset();
    ++state_.progress.epoch;
  }

  /// Writes a checkpoint: all that training needs to go on with the same bits. A trainer with the same model,
  /// optimizer and metrics and with `.resume_from` goes on from it; options are not in it, nor are data.
  ///
  /// Throws   FormatError when the file cannot be written; the old one stays.
  void save(const std::string& path) { CheckpointPath{path}.save(*this); }

  using detail::Checkpointed::visit_members;

  /// The model that is measured on the validation set: the average of the weights if `options.average_weights` asks for
  /// it, else `model`.
  const M& evaluated_model() const { return average_ ? *average_ : model; }

  /// The model that `fit` returns: that of the best epoch so far if `options.early_stopping` keeps it, else
  /// `evaluated_model()`.
  const M& best_model() const { return keeps_best() ? *best_model_ : evaluated_model(); }

  const History& history() const { return loop_.history; }
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
  using BatchGradient = detail::BatchGradient<M>;
  using BatchResult = detail::BatchResult<M>;
  using MiniBatch = detail::MiniBatch<T>;

  // A step: the objective and its gradient at a mini-batch, then the update of the model.

  /// The place of a mini-batch in its step and in the training set.
  struct Place {
    Index training_samples;
    Index first_sample = 0;  // samples of the step before it
    bool is_full = true;
  };

  /// Computes the objective, which is the mean loss plus the penalty, and the gradient of the mean loss.
  BatchResult differentiate(const MiniBatch& batch, const Place& at) {
    BatchResult result =
        batch_gradient().compute(model, loss, batch, at.is_full, {dropout_seed(), steps(), at.first_sample});
    result.loss += options.regularizer.penalty(model, at.training_samples);
    if (!is_finite(result.loss) || !result.gradient_is_finite)
      detail::throw_not_finite(result.fault(model), state_.progress, learning_rate());
    result.update_state(model);
    return result;
  }

  /// Adds the penalty's gradient, transforms the gradient, steps the optimizer, applies the constraint and averages the
  /// weights. Returns the learning rate of the step.
  double update(const BatchResult& at, Index training_samples) {
    const double rate = learning_rate();
    if (!is_finite(static_cast<T>(rate)))
      detail::throw_not_finite({"learning rate", rate, "its schedule"}, state_.progress, rate);
    options.regularizer.add_gradient(model, at.gradient, training_samples);
    options.clip.apply(at.gradient);
    if constexpr (requires { optimizer.step(model, at.gradient, state_, at.workers); })
      optimizer.step(model, at.gradient, state_, at.workers);
    else
      optimizer.step(model, at.gradient, state_);
    options.constraint.apply(model);
    if (options.average_weights > 0) detail::follow(average_, model, options.average_weights);
    return rate;
  }

  /// The memory and the threads of steps; `options.threads` may change from step to step.
  BatchGradient& batch_gradient() {
    if (*batch_gradient_ == nullptr || (*batch_gradient_)->threads() != options.threads)
      *batch_gradient_ = std::make_unique<BatchGradient>(model, options.threads);
    return **batch_gradient_;
  }

  /// The seed of the masks, which are drawn by the number of the step: that begins at 0 also in a run that goes on with
  /// a later epoch.
  std::uint64_t dropout_seed() const {
    return options.seed + 0x9E3779B97F4A7C15 * static_cast<std::uint64_t>(options.first_epoch);
  }

  bool keeps_best() const {
    return best_model_ && options.early_stopping && options.early_stopping->restore_best;
  }

  /// A run on a data set, as the training loop sees it.
  class Run final : public detail::Learner {
   public:
    Run(Trainer& trainer, const Dataset<T>& train) : trainer_{trainer}, train_{train} {}

    TrainingProgress& progress() override { return trainer_.state_.progress; }
    double learning_rate() const override { return trainer_.learning_rate(); }
    [[gnu::cold]] void begin_epoch() override { trainer_.begin_metrics(); }

    detail::StepResult take_step(std::span<const Index> samples, Index batch_size) override {
      const typename MiniBatch::Augment augment{&options().augment, options().seed, trainer_.epochs()};
      const MiniBatch step{train_, samples, augment};
      const bool is_watched = !options().on_step_end.empty();
      if (is_watched) detail::copy_leaves(trainer_.model, before_);

      WeightedSum objective;
      std::optional<BatchResult> batch;
      for (Index first = 0; first < step.size(); first += batch_size) {
        const Index count = std::min(batch_size, step.size() - first);
        batch.emplace(trainer_.differentiate(step.part({first, count}),
                                             {train_.samples(), first, count == batch_size}));
        for (AnyMetric<T>& metric : trainer_.metrics_)
          for (const auto& part : batch->parts)
            metric.update(part.result.prediction, part.result.target, part.result.weights);
        if (step.size() > batch_size)
          detail::accumulate(mean_, batch->gradient, batch->weight, objective.weight);
        objective += {batch->loss * batch->weight, batch->weight};
      }
      if (is_watched) detail::copy_leaves(batch->gradient, gradient_);
      const double rate = trainer_.update(*batch, train_.samples());
      return {objective.weight > 0 ? objective.mean() : 0, objective.weight, rate};
    }
    Next notify_step_end(const detail::StepResult& step) const override {
      if (options().on_step_end.empty()) return Next::proceed;
      return notify(options().on_step_end,
                    {trainer_.steps(), step.loss, step.learning_rate, *before_, trainer_.model, *gradient_});
    }

    [[gnu::cold]] NamedValues training_values(double mean_loss) const override {
      NamedValues values;
      detail::add_measured(values, mean_loss, trainer_.metrics_);
      return values;
    }
    void add_validation_values(NamedValues& values) const override {
      detail::validate(values, trainer_.evaluated_model(), options(), trainer_.loss, train_.samples());
    }
    [[gnu::cold]] void expect_finite_weights() const override {
      detail::expect_finite_weights(trainer_.model, trainer_.state_.progress, learning_rate());
    }
    [[gnu::cold]] void keep_best_weights() override {
      trainer_.best_model_.emplace(trainer_.evaluated_model());
    }
    [[gnu::cold]] void restore_best_weights() override {
      if (!trainer_.keeps_best()) return;
      trainer_.model = M{*trainer_.best_model_};
      if (trainer_.average_) trainer_.average_.emplace(*trainer_.best_model_);
    }
    Next notify_epoch_end() const override {
      return notify(options().on_epoch_end, {trainer_.epochs(), trainer_.history(), trainer_.model,
                                             trainer_.evaluated_model(), learning_rate()});
    }

   private:
    const FitOptions<M>& options() const { return trainer_.options; }

    Trainer& trainer_;
    const Dataset<T>& train_;
    std::optional<M> mean_;               // of the gradients of a step
    std::optional<M> before_, gradient_;  // for `on_step_end`
  };

  [[gnu::cold]] void begin_metrics() {
    metrics_ = std::vector<AnyMetric<T>>(options.metrics);
    detail::prepare_metrics(metrics_, model, loss);
  }

  // The checkpoint.

  detail::LoopState& loop_state() override { return loop_; }
  [[gnu::cold]] void visit_model(Archive& a) override { a("model", model), a("optimizer", state_); }
  [[gnu::cold]] void visit_rest(Archive& a) override {
    a("average", average_, model);
    if (loop_.epoch) {
      if (metrics_.size() != options.metrics.size()) begin_metrics();
      for (AnyMetric<T>& metric : metrics_) a(metric.name(), metric);
    }
    a("best_model", best_model_, model);
  }

  State state_;
  detail::LoopState loop_;
  std::vector<AnyMetric<T>> metrics_;  // of the epoch in progress
  std::optional<M> average_, best_model_;
  NotCopied<std::unique_ptr<BatchGradient>> batch_gradient_;
};

}  // namespace descent
