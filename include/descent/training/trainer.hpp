#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/flush_denormals.hpp"
#include "descent/core/options.hpp"
#include "descent/core/scratch.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/training/batch_gradient.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/epoch.hpp"
#include "descent/training/epoch_rules.hpp"
#include "descent/training/evaluate.hpp"
#include "descent/training/history.hpp"
#include "descent/training/measure.hpp"
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

  /// Throws   FormatError when `.resume_from` is not a checkpoint of such a trainer.
  Trainer(M trained, L with_loss, O with_optimizer, FitOptions<M> with = {})
      : model{std::move(trained)},
        loss{std::move(with_loss)},
        optimizer{std::move(with_optimizer)},
        options{std::move(with)},
        state_{optimizer.init(model)} {
    if (!options.resume_from.empty()) detail::load_checkpoint(options.resume_from, *this);
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
    Progress progress{options.progress, epochs, train.samples()};
    Next next = Next::proceed;
    timer_.restart(steps());
    try {
      for (int i = 0; i < epochs && next == Next::proceed; ++i) next = run_epoch(train, progress);
    } catch (...) {
      epoch_.reset();
      throw;
    }
    if (epochs > 0) stopped_ = next == Next::stop;
    if (!options.checkpoint.path.empty()) save(options.checkpoint.path);
    if (const auto& best = rules_.best_model()) {
      model = *best;
      if (average_) average_ = best;
    }
    return history_;
  }

  /// One step on one batch, which counts as the training set for the regularizer. Returns the cost before
  /// the step. Checks neither shapes nor labels beyond what the loss does.
  double step(Batch<T> x, Batch<T> y) {
    const FlushDenormals guard;
    const double cost =
        forward_backward({.size = x.cols(), .training_samples = x.cols()}, [&](const Part& part, auto&) {
          return std::pair{Batch<T>{x.middleCols(part.first, part.count)},
                           Batch<T>{y.middleCols(part.first, part.count)}};
        });
    update(x.cols());
    return cost;
  }

  /// Writes a checkpoint: all that training needs to go on with the same bits. A trainer with the same model,
  /// optimizer and metrics and with `.resume_from` goes on from it; options are not in it, nor are data.
  ///
  /// Throws   FormatError when the file cannot be written; the old one stays.
  void save(const std::string& path) { detail::save_checkpoint(path, *this); }

  void visit_members(Archive& a) {
    a("model", model);
    a("optimizer", state_);
    a("history", history_);
    a("average", average_, model);
    rules_.visit_members(a, model);
    a("stopped", stopped_);
    a("epoch", epoch_, detail::Epoch<T>{{}, options.metrics});
    if (epoch_ && epoch_->in_step > 0) {
      if (!accumulated_) accumulated_ = model;
      a("accumulated", *accumulated_);
    }
  }

  /// What evaluation sees: the average of the weights where `options.average_weights` asks for it, or the model.
  const M& evaluated_model() const { return average_ ? *average_ : model; }

  const History& history() const { return history_; }
  const State& state() const { return state_; }
  std::int64_t steps() const { return state_.clock.step; }
  std::int64_t epochs() const { return state_.clock.epoch; }
  /// How many of `options.epochs` epochs are to be done yet; none after a run that was stopped.
  int epochs_left() const {
    const std::int64_t left = options.epochs - epochs();
    return stopped_ || (left < 0 && epochs() > 0) ? 0 : static_cast<int>(left);
  }
  double learning_rate() const { return optimizer.learning_rate(state_.clock); }

 private:
  using Gradient = detail::BatchGradient<M>;
  using Workspace = typename Gradient::Workspace;

  /// A mini-batch of so many samples, in a training set of so many, behind so many others of its step.
  struct Place {
    Index size, training_samples;
    Index first_sample = 0;
    bool full = true;
  };

  void check(const Dataset<T>& train, int epochs) const {
    if (epochs < 0) throw DataError("fit", concat("expected 0 epochs or more, got ", epochs), "set .epochs");
    check(train, "the training set", train);
    if (options.validation != nullptr) check(*options.validation, "the validation set", train);
    detail::expect_usable(options, train.samples());
    if (epoch_) epoch_->plan.expect_same(plan(train.samples()));
  }

  void check(const Dataset<T>& data, std::string_view role, const Dataset<T>& train) const {
    detail::expect_data(model, data, "fit", role);
    expect_same_names(train, data, "fit", role);
    detail::check_loss_and_metrics(loss, options.metrics, model, data);
  }

  Next run_epoch(const Dataset<T>& train, Progress& progress) {
    const Index samples = train.samples();
    if (!epoch_) epoch_ = {plan(samples), options.metrics};
    detail::Epoch<T>& epoch = *epoch_;
    detail::prepare_metrics(epoch.metrics, model, loss);
    const Index batch_size = epoch.plan.batch_size;
    const Index batches = batch_count(samples, batch_size);
    const std::vector<Index> order =
        options.shuffle ? shuffled_order(samples, options.seed, state_.clock.epoch) : plain_order(samples);
    Next next = Next::proceed;
    progress.begin_epoch();
    while (epoch.batches < batches && next == Next::proceed) {
      const Index i = epoch.batches;
      const std::span<const Index> batch = mini_batch(order, batch_size, i);
      const auto size = static_cast<Index>(batch.size());
      const Place place{size, samples, epoch.in_step, size == batch_size};
      const double cost = forward_backward(place, [&](const Part& part, Workspace& work) {
        const auto columns =
            batch.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count));
        gather(train.x, columns, work.x);
        gather(train.y, columns, work.y);
        if (options.augment) options.augment(work.x, columns, options.seed, state_.clock.epoch);
        return std::pair{Batch<T>{work.x}, Batch<T>{work.y}};
      });
      if (options.accumulate > 1) accumulate(size, epoch.in_step);
      epoch.in_step += size;
      if ((i + 1) % options.accumulate == 0 || i + 1 == batches) {
        update(samples);
        epoch.in_step = 0;
      }
      epoch.total += cost * static_cast<double>(size);
      epoch.samples += size;
      ++epoch.batches;
      batch_gradient().for_each([&](const Workspace& work) {
        for (AnyMetric<T>& metric : epoch.metrics) metric.update(*work.prediction, work.y);
      });
      next = notify(options.on_batch_end, BatchEnd{steps(), cost, learning_rate()});
      if (progress.wants_update())
        progress.update(epoch.samples, detail::measured(epoch.mean_cost(), epoch.metrics), learning_rate());
      if (epoch.in_step == 0 && next == Next::proceed && timer_.is_due(options.checkpoint, steps())) {
        save(options.checkpoint.path);
        timer_.restart(steps());
      }
    }
    ++state_.clock.epoch;
    detail::expect_finite_weights(model, state_.clock, learning_rate());

    NamedValues values = detail::measured(epoch.mean_cost(), epoch.metrics);
    epoch_.reset();
    if (options.validation != nullptr)
      std::ranges::move(detail::validate(evaluated_model(), options, loss, samples),
                        std::back_inserter(values));
    for (const auto& [name, value] : values) history_.add(name, value);
    progress.end_epoch(values);
    next = std::max(next, rules_.apply(options, epoch_end(), state_.clock));
    const CheckpointOptions& checkpoint = options.checkpoint;
    if (!checkpoint.path.empty() && checkpoint.keep_best && rules_.is_best(options, history_))
      save(checkpoint.path + ".best");
    return std::max(next, notify(options.on_epoch_end, epoch_end()));
  }

  detail::EpochPlan plan(Index samples) const {
    return {samples, std::min(options.batch_size, samples), options.accumulate, options.seed,
            options.shuffle};
  }

  EpochEnd<M> epoch_end() const { return {epochs(), history_, evaluated_model(), learning_rate()}; }

  /// The workers, as many as `options.threads` says at the moment.
  Gradient& batch_gradient() {
    if (*batch_gradient_ == nullptr || (*batch_gradient_)->threads() != options.threads)
      *batch_gradient_ = std::make_unique<Gradient>(model, options.threads);
    return **batch_gradient_;
  }
  M& gradient() { return batch_gradient().gradient(); }

  /// The cost of a mini-batch and, in `gradient()`, the gradient of its loss.
  double forward_backward(const Place& place, auto&& load) {
    Gradient& batch = batch_gradient();
    const Pass::Training at{options.seed, state_.clock.step, place.first_sample};
    const double cost = batch.compute(model, loss, place.size, place.full, at, load) +
                        options.regularizer.penalty(model, place.training_samples);
    if (!is_finite(cost))
      detail::throw_not_finite({"loss", cost, batch.first_fault(model)}, state_.clock, learning_rate());
    if (!batch.is_finite())
      detail::throw_not_finite(
          {"gradient", detail::not_a_number<double>(), detail::first_fault_backward(gradient())},
          state_.clock, learning_rate());
    update_buffers(model, gradient());
    return cost;
  }

  /// Takes a mini-batch of `size` samples into the mean gradient of the `before` samples of this step, and leaves
  /// that mean in `gradient()`.
  void accumulate(Index size, Index before) {
    if (before == 0) {
      accumulated_ = gradient();
      return;
    }
    const T share = T(size) / T(before + size);
    visit_flat([&](auto mean, auto g) { mean += share * (g - mean), g = mean; }, *accumulated_, gradient());
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
    if (options.average_weights > 0) average();
  }

  void average() {
    if (!average_) average_ = model;
    visit_flat([&](auto mean, auto w) { update_average(mean, w, options.average_weights); }, *average_,
               model);
    visit_buffers<M>([](const Buffer&, auto& kept, auto& seen) { kept = seen; }, *average_, model);
  }

  State state_;
  History history_;
  std::optional<M> accumulated_, average_;
  detail::EpochRules<M> rules_;
  bool stopped_ = false;                   // by early stopping or a callback
  std::optional<detail::Epoch<T>> epoch_;  // the one at hand
  detail::CheckpointTimer timer_;
  Scratch<std::unique_ptr<Gradient>> batch_gradient_;
};

}  // namespace descent
