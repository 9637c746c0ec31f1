#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/training/averages.hpp"
#include "descent/training/batch_gradient.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/data_parallel.hpp"
#include "descent/training/measure.hpp"
#include "descent/training/mini_batch.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/observer.hpp"
#include "descent/training/options.hpp"
#include "descent/training/shards.hpp"
#include "descent/training/training_loop.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The `Trainer` as the training loop sees it while it trains on a data set; a friend of the trainer.
template <class Trainer>
class TrainingRun final : public Learner {
 public:
  using Model = decltype(Trainer::model);
  using T = typename Trainer::T;

  /// The training set of this rank, and the number of samples of all ranks.
  TrainingRun(Trainer& trainer, const Dataset<T>& train, Index samples)
      : trainer_{trainer}, train_{train}, samples_{samples} {}

  TrainingProgress& progress() override { return trainer_.state_.progress; }
  double learning_rate() const override { return trainer_.learning_rate(); }
  [[gnu::cold]] void begin_epoch() override { trainer_.begin_metrics(); }

  StepResult take_step(std::span<const Index> samples, const StepSize& size) override {
    const std::uint64_t seed = seed_of_rank(options().seed, ranks().ranks().rank());
    const typename MiniBatch<T>::Augment augment{&options().augment, seed, trainer_.epochs()};
    const bool is_observed = is_observer_due();
    const bool has_callback = !options().on_step_end.empty();
    if (has_callback) copy_leaves(trainer_.model, before_, trainer_.batch_gradient().workers());

    WeightedSum objective;
    std::optional<BatchResult<Model>> batch;
    for (Index first = 0; first < size.samples; first += size.batch_size) {
      const Part part{first, std::min(size.batch_size, size.samples - first)};
      const MiniBatch<T> own{train_, part_of_order(samples, part), augment};
      batch.emplace(
          trainer_.differentiate(own, {samples_, ranks().first_sample(part), own.size() == size.batch_size}));
      if (batch->prediction.samples() > 0)
        for (AnyMetric<T>& metric : trainer_.metrics_)
          metric.update(batch->prediction, batch->target, batch->weights);
      if (size.samples > size.batch_size)
        accumulate(mean_, batch->gradient, batch->weight, objective.weight, batch->workers);
      objective += {batch->objective() * batch->weight, batch->weight};
    }
    if (has_callback) copy_leaves(batch->gradient, gradient_, batch->workers);
    const double mean = objective.weight > 0 ? objective.mean() : 0;
    if (is_observed) notify_before_update(mean, *batch);
    const double rate = trainer_.update(*batch, samples_);
    if (is_observed) options().observer.after_update(observed());
    return {mean, objective.weight, rate};
  }
  Next notify_step_end(const StepResult& step) const override {
    if (options().on_step_end.empty()) return Next::proceed;
    return agreed(notify(options().on_step_end, {trainer_.steps(), step.objective, step.learning_rate,
                                                 *before_, trainer_.model, *gradient_}));
  }

  [[gnu::cold]] void merge_metrics() override { ranks().merge(trainer_.metrics_); }
  [[gnu::cold]] NamedValues training_values(double mean_objective) const override {
    NamedValues values;
    add_measured(values, mean_objective, trainer_.metrics_);
    return values;
  }
  [[gnu::cold]] void add_validation_values(NamedValues& values) const override {
    const Model& model = trainer_.evaluated_model();
    std::vector<AnyMetric<T>> metrics = trainer_.prepared_metrics();
    Workers& workers = trainer_.batch_gradient().workers();
    const WeightedSum loss = ranks().sum(options().validation.measure(
        model, [&](const auto&... batch) { return trainer_.loss.value(batch...); }, metrics, workers));
    ranks().merge(metrics);
    add_measured(values, loss.mean() + trainer_.penalty(model, samples_, workers), metrics, "val_");
  }
  [[gnu::cold]] void expect_finite_weights() const override {
    detail::expect_finite_weights(trainer_.model, trainer_.state_.progress, learning_rate());
  }
  [[gnu::cold]] void keep_best_weights() override {
    trainer_.best_model_.emplace(trainer_.evaluated_model());
  }
  [[gnu::cold]] void restore_best_weights() override {
    if (!trainer_.keeps_best()) return;
    trainer_.model = Model{*trainer_.best_model_};
    if (trainer_.average_) trainer_.average_.emplace(*trainer_.best_model_);
  }
  Next notify_epoch_end() const override {
    if (is_observed_here()) options().observer.end_epoch(observed());
    return agreed(notify(options().on_epoch_end, {trainer_.epochs(), trainer_.history(), trainer_.model,
                                                  trainer_.evaluated_model(), learning_rate()}));
  }
  [[gnu::cold]] void notify_begin() const override {
    if (is_observed_here()) options().observer.begin(observed());
  }
  [[gnu::cold]] void notify_end() const override {
    if (!is_observed_here()) return;
    options().observer.end(observed());
    options().observer.finish(observed(), {});
  }
  [[gnu::cold]] void notify_failure() const noexcept override {
    if (!is_observed_here()) return;
    try {  // nothing may hide the error that is handled
      try {
        throw;
      } catch (const std::exception& error) {
        options().observer.finish(observed(), error.what());
      } catch (...) {
        options().observer.finish(observed(), "an exception that is not a std::exception");
      }
    } catch (...) {
    }
  }

 private:
  const FitOptions<Model>& options() const { return trainer_.options; }
  const DataParallel<Model>& ranks() const { return trainer_.options.communicator; }
  /// Stops all ranks if one of them stops.
  [[gnu::noinline]] Next agreed(Next own) const {
    return ranks().ranks().any(own == Next::stop) ? Next::stop : Next::proceed;
  }

  // An observer sees the run of rank 0.
  bool is_observed_here() const { return options().observer && ranks().ranks().rank() == 0; }
  bool is_observer_due() const {
    return options().observer && options().observer.is_due(trainer_.steps() + 1) && is_observed_here();
  }
  [[gnu::cold]] void notify_before_update(double objective, const BatchResult<Model>& batch) const {
    options().observer.before_update({observed(), objective - batch.penalty, batch.penalty, learning_rate(),
                                      batch.gradient, batch.cache, batch.prediction, batch.target});
  }
  [[gnu::cold]] ObservedRun<Model> observed() const {
    return {trainer_.model,
            train_,
            options().validation,
            measured_kind(trainer_.model, trainer_.loss),
            expected_kind<std::remove_cvref_t<decltype(trainer_.loss)>>(),
            trainer_.steps(),
            trainer_.batch_gradient().workers(),
            trainer_.best_model(),
            options(),
            trainer_.history(),
            trainer_.epochs(),
            learning_rate(),
            name_of<std::remove_cvref_t<decltype(trainer_.loss)>>(),
            name_of<std::remove_cvref_t<decltype(trainer_.optimizer)>>()};
  }
  template <class C>
  static constexpr std::string_view name_of() {
    if constexpr (requires { std::string_view{C::name}; })
      return C::name;
    else
      return {};
  }

  Trainer& trainer_;
  const Dataset<T>& train_;
  Index samples_;
  std::optional<Model> mean_;               // of the gradients of the step's mini-batches
  std::optional<Model> before_, gradient_;  // for `on_step_end`
};

}  // namespace descent::detail
