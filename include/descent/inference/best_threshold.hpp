#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/inference/predict.hpp"

namespace descent::inline DESCENT_ABI {

/// A threshold and the value of the metric at it.
struct BestThreshold {
  double threshold, value;
};

/// Finds the threshold of the outputs at which a metric is largest. Use the development set: on the training set the
/// threshold is as optimistic as the network.
///
///   const BestThreshold best = best_threshold(net, dev, F1{});
///   predict_classes(net, x, best.threshold);
///
/// The candidates are the midpoints between adjacent outputs, at most 1000 of them at equal steps of their ranks. Of
/// equal values the threshold closest to equal probability is taken.
///
/// Throws   ShapeError or DataError as `evaluate`; ShapeError for a metric of classes and several outputs.
/// Cost     a forward pass, and the metric at each candidate
/// Example  examples/37_imbalance.cpp
template <Layer M, Metric<typename M::Scalar> A>
  requires requires(A& metric) { metric.threshold = 0.5; }
BestThreshold best_threshold(const M& model, const Dataset<typename M::Scalar>& data, A metric,
                             const PredictOptions& options = {}) {
  using T = typename M::Scalar;
  detail::expect_data(model, data, "best_threshold", "the data set");
  metric.threshold = 0.0;  // chosen, so that the metric refuses several outputs where it takes the largest
  const Shape shape = detail::output_shape_for(model, data);
  detail::check_targets(metric, shape, data);
  const Matrix<T> outputs = predict(model, data.inputs(), options);
  detail::ScoredMemory<T> memory;
  const bool is_padded = shape.width > 1 && shape.width == data.sample_shape().width;
  const auto scored = detail::scored_samples(
      is_padded ? Batch<T>{outputs, shape}.with_lengths(data.lengths) : Batch<T>{outputs, shape},
      Batch<T>{data.y}, SampleWeights<T>{data.weights}, memory);
  std::vector<double> sorted(scored.prediction.data(), scored.prediction.data() + scored.prediction.size());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (sorted.empty() || !is_finite(sorted.front()) || !is_finite(sorted.back()))
    throw DataError("best_threshold", "expected finite outputs, got infinity or NaN",
                    "examine the network: its parameters may not be finite");

  Threshold equal;
  equal.prepare(output_kind(model));
  const double middle = equal.value("best_threshold");
  const auto value_at = [&](double threshold) {
    A measured = metric;
    measured.threshold = threshold;
    measured.update(scored.prediction, scored.target, scored.weights);
    return static_cast<double>(measured.value());
  };
  BestThreshold best{middle, value_at(middle)};
  constexpr std::size_t most = 1000;
  const std::size_t gaps = sorted.size() - 1, count = std::min(gaps, most);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t gap = i * gaps / count;
    const double threshold = sorted[gap] / 2 + sorted[gap + 1] / 2;
    const double value = value_at(threshold);
    const bool closer = std::abs(threshold - middle) < std::abs(best.threshold - middle);
    if (is_nan(value) || value < best.value || (value == best.value && !closer)) continue;
    best = {threshold, value};
  }
  return best;
}

}  // namespace descent
