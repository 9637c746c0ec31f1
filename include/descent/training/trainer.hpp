#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/flush_denormals.hpp"
#include "descent/core/scratch.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/training/averages.hpp"
#include "descent/training/batch_gradient.hpp"
#include "descent/training/evaluate.hpp"
#include "descent/training/measure.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/options.hpp"
#include "descent/training/training_loop.hpp"

namespace descent {

/// Training as a value: the model, the optimizer with its state, and how far it has come. Run it for some
/// epochs, look, change what you like, run it on. A copy is a snapshot to go back to.
///
///   Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, {.batch_size = 64}};
///   trainer.run(train, 10);
///   const auto before = trainer;
///   trainer.optimizer.learning_rate = 1e-4;
///   trainer.run(train, 10);
///
/// Runs of 10 and 10 epochs give the same bits as one of 20.
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
class Trainer final : private detail::Learner {
 public:
  using T = typename M::Scalar;
  using State = typename O::template State<M>;

  M model;
  L loss;
  O optimizer;
  FitOptions<M> options;

  /// Throws   FormatError when `.resume_from` is not a checkpoint of such a trainer.
  Trainer(M trained, L with_loss, O with_optimizer, FitOptions<M> with = {})
      : model{std::move(trained)},
        loss{std::move(with_loss)},
        optimizer{std::move(with_optimizer)},
        options{std::move(with)},
        state_{optimizer.init(model)} {
    if (!options.resume_from.empty()) options.resume_from.load(*this);
  }

  /// Trains for `options.epochs` more epochs, or until early stopping or a callback ends it.
  ///
  /// Throws   DataError or ShapeError, before anything is trained, when data, model, loss and options do
  ///          not fit together; NumericalError when the loss or its gradient is not finite, with the model
  ///          as it was before that step.
  const History& run(const Dataset<T>& train) { return run(train, options.epochs); }

  const History& run(const Dataset<T>& train, int epochs) {
    check(train, epochs);
    const FlushDenormals guard;
    train_ = &train;
    detail::TrainingLoop{*this, loop_options(train.samples())}.run(epochs);
    if (best_model_) {
      model = M{*best_model_};
      if (average_) average_.emplace(*best_model_);
    }
    return history();
  }

  /// One step on one batch, which counts as the training set for the regularizer. Returns the cost before
  /// the step. Learning rates that follow the epochs move on with `end_epoch`. Samples count by their weights, or all
  /// the same if none are passed.
  ///
  /// Throws   ShapeError or DataError when the batch does not fit the model, has not one target and weight a sample,
  ///          or a weight is negative; values and labels are not checked beyond what the loss does.
  double step(const Batch<T>& x, const Batch<T>& y, SampleWeights<T> weights = {}) {
    detail::expect_shape(model, x, "Trainer::step");
    if (y.cols() != x.cols())
      throw_error<ShapeError>("Trainer::step",
                              {"expected a target for each of the ", x.cols(), " samples, got ", y.cols()},
                              "pass [targets, samples]: is one transposed?");
    detail::expect_weights("Trainer::step", weights, x.cols());
    detail::expect_weight_values("Trainer::step", weights, "the batch");
    const FlushDenormals guard;
    const auto load = [&](const Part& part, auto&) {
      return detail::Samples<T>{x.columns(part.first, part.count), y.columns(part.first, part.count),
                                weights.segment(part.first, part.count)};
    };
    const double cost = forward_backward(x.cols(), x.cols(), 0, true, load).cost;
    update(x.cols());
    return cost;
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
    ++state_.clock.epoch;
  }

  /// Writes a checkpoint: all that training needs to go on with the same bits. A trainer with the same model,
  /// optimizer and metrics and with `.resume_from` goes on from it; options are not in it, nor are data.
  ///
  /// Throws   FormatError when the file cannot be written; the old one stays.
  void save(const std::string& path) { CheckpointPath{path}.save(*this); }

  using detail::Learner::visit_members;

  /// What evaluation sees: the average of the weights where `options.average_weights` asks for it, or the model.
  const M& evaluated_model() const { return average_ ? *average_ : model; }

  const History& history() const { return loop_.history; }
  const State& state() const { return state_; }
  std::int64_t steps() const { return state_.clock.step; }
  std::int64_t epochs() const { return state_.clock.epoch; }
  /// How many of `options.epochs` epochs are to be done yet; none after a run that was stopped.
  int epochs_left() const {
    const std::int64_t left = options.epochs - epochs();
    return loop_.stopped || (left < 0 && epochs() > 0) ? 0 : static_cast<int>(left);
  }
  double learning_rate() const override { return optimizer.learning_rate(state_.clock); }

 private:
  using Gradient = detail::BatchGradient<M>;
  using Workspace = detail::Workspace<M>;

  void check(const Dataset<T>& train, int epochs) const {
    if (epochs < 0) throw_error<DataError>("fit", {"expected 0 epochs or more, got ", epochs}, "set .epochs");
    check(train, "the training set", train);
    if (options.validation != nullptr) check(*options.validation, "the validation set", train);
    detail::expect_usable(options);
    const detail::EpochPlan now = plan(train.samples());
    if (loop_.epoch) loop_.epoch->plan.expect_same(now);
    if (const Index last = now.drop_last ? 0 : now.samples % now.batch_size; last > 0) try_batch(train, last);
  }

  void check(const Dataset<T>& data, std::string_view role, const Dataset<T>& train) const {
    detail::expect_data(model, data, "fit", role);
    expect_same_names(train, data, "fit", role);
    detail::check_loss_and_metrics(loss, options.metrics, model, data, "fit", role);
  }

  /// Throws unless the model takes a batch of so many samples in training, such as the last one of an epoch, for which
  /// it would be late to find out.
  void try_batch(const Dataset<T>& train, Index samples) const {
    typename M::Cache cache;
    try {
      model.forward(train.inputs().columns(0, samples), cache, Pass::training({.seed = options.seed}));
    } catch (const DataError& error) {
      throw_error<DataError>(
          "fit",
          {"the last batch of an epoch has ", samples, " of ", train.samples(), " samples: ", error.what()},
          "set .drop_last = true to leave it out");
    }
  }

  detail::EpochPlan plan(Index samples) const {
    return {samples,
            std::min(options.batch_size, samples),
            options.accumulate,
            options.seed,
            options.shuffle,
            options.drop_last};
  }
  detail::LoopOptions loop_options(Index samples) const {
    return {plan(samples),          options.validation != nullptr,
            options.early_stopping, options.reduce_on_plateau,
            options.on_batch_end,   options.checkpoint,
            options.progress};
  }

  // What the loop asks for.

  detail::LoopState& loop_state() override { return loop_; }
  Clock& clock() override { return state_.clock; }
  void begin_epoch() override {
    metrics_ = std::vector<AnyMetric<T>>(options.metrics);
    detail::prepare_metrics(metrics_, model, loss);
  }

  detail::MiniBatchCost learn(const detail::MiniBatch& batch) override {
    const auto size = static_cast<Index>(batch.samples.size());
    const auto load = [&](const Part& part, Workspace& work) {
      const auto samples =
          batch.samples.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count));
      gather(train_->x, samples, work.x);
      gather(train_->y, samples, work.y);
      gather(train_->weights, samples, work.weights);
      if (options.augment) options.augment(work.x, samples, options.seed, state_.clock.epoch);
      return detail::Samples<T>{{work.x, train_->sample_shape()}, work.y, work.weights};
    };
    const detail::MiniBatchCost cost =
        forward_backward(size, batch.training_samples, batch.first_sample, batch.is_full, load);
    if (options.accumulate > 1)
      detail::accumulate(accumulated_, gradient(), cost.weight, batch.weight_before);
    if (batch.ends_step) update(batch.training_samples);
    batch_gradient().for_each([&](const Workspace& work) {
      for (AnyMetric<T>& metric : metrics_) metric.update(work.prediction, work.y, work.weights);
    });
    return cost;
  }

  NamedValues training_values(double mean_cost) const override {
    NamedValues values;
    detail::add_measured(values, mean_cost, metrics_);
    return values;
  }
  void add_validation_values(NamedValues& values, Index training_samples) const override {
    detail::validate(values, evaluated_model(), options, loss, training_samples);
  }
  void expect_finite_weights() const override {
    detail::expect_finite_weights(model, state_.clock, learning_rate());
  }
  void keep_best_weights() override { best_model_.emplace(evaluated_model()); }
  Next notify_epoch_end() const override {
    return notify(options.on_epoch_end, {epochs(), history(), evaluated_model(), learning_rate()});
  }

  [[gnu::cold]] void visit_model(Archive& a) override { a("model", model), a("optimizer", state_); }
  [[gnu::cold]] void visit_rest(Archive& a) override {
    a("average", average_, model);
    if (loop_.epoch) {
      if (metrics_.size() != options.metrics.size()) begin_epoch();
      for (AnyMetric<T>& metric : metrics_) a(metric.name(), metric);
    }
    a("best_model", best_model_, model);
    if (loop_.epoch && loop_.epoch->in_step > 0) {
      if (!accumulated_) accumulated_.emplace(model);
      a("accumulated", *accumulated_);
    }
  }

  // The step.

  /// The workers, as many as `options.threads` says at the moment.
  Gradient& batch_gradient() {
    if (*batch_gradient_ == nullptr || (*batch_gradient_)->threads() != options.threads)
      *batch_gradient_ = std::make_unique<Gradient>(model, options.threads);
    return **batch_gradient_;
  }
  M& gradient() { return batch_gradient().gradient(); }

  /// Computes the cost of a mini-batch and, in `gradient()`, the gradient of its mean loss.
  detail::MiniBatchCost forward_backward(Index size, Index training_samples, Index first_sample, bool full,
                                         typename Gradient::Load load) {
    Gradient& batch = batch_gradient();
    const WeightedSum sum =
        batch.compute(model, loss, size, full, {options.seed, state_.clock.step, first_sample}, load);
    const double mean_loss = sum.weight == 0 ? 0 : sum.mean();
    const double cost = mean_loss + options.regularizer.penalty(model, training_samples);
    if (!is_finite(cost))
      detail::throw_not_finite({"loss", cost, batch.first_fault(model)}, state_.clock, learning_rate());
    if (!batch.is_finite())
      detail::throw_not_finite(
          {"gradient", detail::not_a_number<double>(), detail::first_fault_backward(gradient())},
          state_.clock, learning_rate());
    batch.update_state(model);
    return {cost, sum.weight};
  }

  /// The step of the optimizer along `gradient()`, with all that goes around it.
  void update(Index samples) {
    if (const double rate = learning_rate(); !is_finite(static_cast<T>(rate)))
      detail::throw_not_finite({"learning rate", rate, "its schedule"}, state_.clock, rate);
    options.regularizer.add_gradient(model, gradient(), samples);
    options.clip.apply(gradient());
    if constexpr (requires { optimizer.step(model, gradient(), state_, batch_gradient().workers()); })
      optimizer.step(model, gradient(), state_, batch_gradient().workers());
    else
      optimizer.step(model, gradient(), state_);
    options.constraint.apply(model);
    if (options.average_weights > 0) detail::follow(average_, model, options.average_weights);
  }

  State state_;
  detail::LoopState loop_;
  std::vector<AnyMetric<T>> metrics_;  // of the epoch at hand
  std::optional<M> accumulated_, average_, best_model_;
  const Dataset<T>* train_ = nullptr;  // of the run at hand
  Scratch<std::unique_ptr<Gradient>> batch_gradient_;
};

}  // namespace descent
