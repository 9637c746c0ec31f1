#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/training/options.hpp"
#include "descent/training/progress.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Adds the objective, named `loss`, and the metrics by their names, each with `prefix` in front.
template <std::floating_point T>
void add_measured(NamedValues& values, double objective, const std::vector<AnyMetric<T>>& metrics,
                  std::string_view prefix = "") {
  add(values, joined({prefix, "loss"}), objective);
  for (const AnyMetric<T>& metric : metrics) add(values, joined({prefix, metric.name()}), metric.value());
}

/// Adds objective and metrics on the validation set. Its penalty is the one for a training set of `training_samples`.
template <Layer M>
void validate(NamedValues& values, const M& model, const FitOptions<M>& options, const auto& loss,
              Index training_samples, Workers& workers) {
  using T = typename M::Scalar;
  WeightedSum total;
  std::vector<AnyMetric<T>> metrics = options.metrics;
  prepare_metrics(metrics, model, loss);
  predict_with_targets(model, *options.validation, workers,
                       [&](Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) {
                         total += loss.value(prediction, target, weights);
                         for (AnyMetric<T>& metric : metrics) metric.update(prediction, target, weights);
                       });
  add_measured(values, total.mean() + options.regularizer.penalty(model, training_samples, workers), metrics,
               "val_");
}

}  // namespace descent::detail
