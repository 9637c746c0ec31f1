#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/backward.hpp"
#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/scratch.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/training/evaluate.hpp"
#include "descent/training/history.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/options.hpp"
#include "descent/training/progress.hpp"

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
class Trainer {
 public:
  using T = typename M::Scalar;
  using State = typename O::template State<M>;

  M model;
  L loss;
  O optimizer;
  FitOptions<M> options;

  Trainer(M trained, L with_loss, O with_optimizer, FitOptions<M> with = {})
      : model{std::move(trained)},
        loss{std::move(with_loss)},
        optimizer{std::move(with_optimizer)},
        options{std::move(with)},
        gradient_{zeros_like(model)},
        state_{optimizer.init(model)} {}

  /// Trains for `options.epochs` more epochs.
  ///
  /// Throws   DataError or ShapeError, before anything is trained, when data, model, loss and options do
  ///          not fit together; NumericalError when the loss or its gradient is not finite, with the model
  ///          as it was before that step.
  const History& run(const Dataset<T>& train) { return run(train, options.epochs); }

  const History& run(const Dataset<T>& train, int epochs) {
    check(train, epochs);
    Progress progress{options.progress, epochs, train.samples()};
    for (int i = 0; i < epochs; ++i) run_epoch(train, progress);
    return history_;
  }

  /// One step on one batch, which counts as the training set for the regularizer. Returns the cost before
  /// the step. Checks neither shapes nor labels beyond what the loss does.
  double step(Batch<T> x, Batch<T> y) { return step(x, y, *full_, x.cols()); }

  const History& history() const { return history_; }
  const State& state() const { return state_; }
  std::int64_t steps() const { return state_.clock.step; }
  std::int64_t epochs() const { return state_.clock.epoch; }
  double learning_rate() const { return optimizer.learning_rate(state_.clock); }

 private:
  /// What a step needs beside the model. Full batches and the smaller last one have one each, so that no
  /// matrix changes its size from step to step.
  struct Workspace {
    Matrix<T> x, y, dy;
    typename M::Cache cache;
    const Matrix<T>* prediction = nullptr;
  };

  void check(const Dataset<T>& train, int epochs) const {
    if (epochs < 0) throw DataError("fit", concat("expected 0 epochs or more, got ", epochs), "set .epochs");
    check(train, "the training set");
    if (options.validation != nullptr) check(*options.validation, "the validation set");
    if (options.batch_size < 1)
      throw DataError("fit", concat("expected a batch size of at least 1, got ", options.batch_size),
                      "32 is a good start; full_batch takes all samples");
    if (options.batch_size > train.samples() && options.batch_size != full_batch)
      throw DataError("fit",
                      concat("expected a batch size of at most the ", train.samples(),
                             " training samples, got ", options.batch_size),
                      "choose a smaller one, or full_batch for all samples");
  }

  void check(const Dataset<T>& data, std::string_view role) const {
    expect_usable(data, "fit", role);
    detail::expect_input(model, data.x, "fit");
    if constexpr (requires { loss.check(Index{}, Batch<T>{data.y}); })
      loss.check(model.output_shape({data.features()}).size(), Batch<T>{data.y});
  }

  void run_epoch(const Dataset<T>& train, Progress& progress) {
    const Index samples = train.samples();
    const Index batch_size = std::min(options.batch_size, samples);
    const std::vector<Index> order = epoch_order(samples);
    std::vector<AnyMetric<T>> metrics = options.metrics;
    double total = 0;
    Index done = 0;

    progress.begin_epoch();
    for (Index i = 0; i < batch_count(samples, batch_size); ++i) {
      const std::span<const Index> batch = mini_batch(order, batch_size, i);
      const auto size = static_cast<Index>(batch.size());
      Workspace& work = size == batch_size ? *full_ : *rest_;
      gather(train.x, batch, work.x);
      gather(train.y, batch, work.y);
      total += step(work.x, work.y, work, samples) * static_cast<double>(size);
      for (AnyMetric<T>& metric : metrics) metric.update(*work.prediction, work.y);
      done += size;
      if (progress.wants_update())
        progress.update(done, measured(total / static_cast<double>(done), metrics), learning_rate());
    }

    NamedValues values = measured(total / static_cast<double>(samples), metrics);
    if (options.validation != nullptr) validate(*options.validation, samples, values);
    for (const auto& [name, value] : values) history_.add(name, value);
    progress.end_epoch(values);
    ++state_.clock.epoch;
  }

  std::vector<Index> epoch_order(Index samples) const {
    if (options.shuffle) return shuffled_order(samples, options.seed, state_.clock.epoch);
    std::vector<Index> order(static_cast<std::size_t>(samples));
    std::iota(order.begin(), order.end(), Index{0});
    return order;
  }

  double step(Batch<T> x, Batch<T> y, Workspace& work, Index samples) {
    const Pass pass = Pass::training({.seed = options.seed, .step = state_.clock.step});
    work.prediction = &model.forward(x, work.cache, pass);
    const double cost = loss.value_and_gradient(Batch<T>{*work.prediction}, y, work.dy) +
                        options.regularizer.penalty(model, samples);
    if (!std::isfinite(cost))
      detail::throw_not_finite("loss", cost, state_.clock, learning_rate(),
                               detail::first_fault_forward(model, work.cache));

    backward_parameters(model, x, work.dy, work.cache, gradient_);
    options.regularizer.add_gradient(model, gradient_, samples);
    if (!detail::all_parameters_finite(gradient_))
      detail::throw_not_finite("gradient", std::numeric_limits<double>::quiet_NaN(), state_.clock,
                               learning_rate(), detail::first_fault_backward(gradient_));

    optimizer.step(model, gradient_, state_);
    update_buffers(model, gradient_);
    return cost;
  }

  static NamedValues measured(double loss_value, const std::vector<AnyMetric<T>>& metrics) {
    NamedValues values{{"loss", loss_value}};
    for (const AnyMetric<T>& metric : metrics) values.emplace_back(metric.name(), metric.value());
    return values;
  }

  void validate(const Dataset<T>& data, Index samples, NamedValues& values) const {
    double total = 0;
    std::vector<AnyMetric<T>> metrics = options.metrics;
    detail::predict_beside_targets(model, data, [&](Batch<T> prediction, Batch<T> target) {
      total += loss.value(prediction, target) * static_cast<double>(prediction.cols());
      for (AnyMetric<T>& metric : metrics) metric.update(prediction, target);
    });
    const double penalty = options.regularizer.penalty(model, samples);
    for (auto& [name, value] : measured(total / static_cast<double>(data.samples()) + penalty, metrics))
      values.emplace_back("val_" + name, value);
  }

  M gradient_;
  State state_;
  History history_;
  Scratch<Workspace> full_, rest_;
};

}  // namespace descent
