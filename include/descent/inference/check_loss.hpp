#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/losses/scored_samples.hpp"
#include "descent/losses/targets.hpp"
#include "descent/metrics/any_metric.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// True if the values of the outputs do not contradict the kind.
template <std::floating_point T>
bool is_plausible(OutputKind kind, const Matrix<T>& outputs) {
  constexpr T rounding = T(1e-4);
  const T least = outputs.minCoeff(), most = outputs.maxCoeff();
  switch (kind) {
    case OutputKind::probabilities:
      return least >= 0 && most <= 1;
    case OutputKind::log_probabilities:
      return most <= rounding;
    case OutputKind::scores:  // unlike probabilities, which are at least 0 and sum to 1 in every sample
      return outputs.rows() < 2 || least < 0 ||
             ((outputs.colwise().sum().array() - T(1)).abs() > rounding).any();
    default:
      return true;
  }
}

/// Throws DataError if the model's outputs are of another kind than the loss expects: by the declaration of its last
/// layer or, without one, by its outputs for the first samples.
template <class L, Layer M>
void expect_outputs_for([[maybe_unused]] const L& loss, [[maybe_unused]] const M& model,
                        [[maybe_unused]] const Batch<typename M::Scalar>& x) {
  constexpr OutputKind expected = expected_kind<L>();
  if constexpr (expected != OutputKind::unknown) {
    const OutputKind declared = output_kind(model);
    expect_kind(loss, declared);
    if (declared != OutputKind::unknown) return;
    constexpr Index examined = 16;
    typename M::Cache cache;
    const Batch<typename M::Scalar> y =
        model.forward(x.columns(0, std::min(examined, x.samples())), cache, Pass::inference());
    const Matrix<typename M::Scalar> outputs = y.shape().height == 1 ? y.channels() : y;
    if (outputs.size() == 0 || !all_finite(outputs) || is_plausible(expected, outputs)) return;
    if (expected == OutputKind::scores)
      reject_outputs<L>("probabilities: none is negative, and they sum to 1");
    reject_outputs<L>(joined({"numbers from ", outputs.minCoeff(), " to ", outputs.maxCoeff()}));
  }
}

/// The shape of the model's outputs for a sample of the data set.
template <Layer M>
[[gnu::cold, gnu::noinline]] Shape output_shape_for(const M& model, const Dataset<typename M::Scalar>& data) {
  return model.output_shape(data.sample_shape());
}
/// True if outputs of this shape are compared with the targets of the data set by time steps.
template <std::floating_point T>
bool are_scored_by_step(const Shape& outputs, const Dataset<T>& data) {
  const bool have_lengths = !data.lengths.empty() && outputs.width == data.sample_shape().width;
  return are_scored_by_step(outputs, data.y.rows(), have_lengths);
}
/// The number of outputs that losses and metrics compare with a target.
template <Layer M>
Index outputs_for(const M& model, const Dataset<typename M::Scalar>& data) {
  const Shape out = output_shape_for(model, data);
  return are_scored_by_step(out, data) ? out.channels : out.size();
}

/// Returns the targets of all samples, or of all time steps without the padding.
template <std::floating_point T>
[[gnu::cold, gnu::noinline]] Batch<T> scored_targets(const Shape& outputs, const Dataset<T>& data,
                                                     Matrix<T>& memory) {
  if (!are_scored_by_step(outputs, data)) return data.y;
  const Shape target{data.y.rows() / outputs.width};
  if (data.lengths.empty()) return {data.y.data(), target, outputs.width * data.y.cols()};
  Index steps = 0, next = 0;
  for (const Index length : data.lengths) steps += length;
  memory.resize(target.channels, steps);
  for (Index j = 0; j < data.y.cols(); ++j) {
    const Index length = data.lengths[static_cast<std::size_t>(j)];
    memory.middleCols(next, length) = Batch<T>{data.y.col(j).data(), target, length};
    next += length;
  }
  return memory;
}

/// Calls `check` of the loss or metric, if it has one, with all targets at once, so that an error numbers the samples
/// as in the data set.
template <std::floating_point T>
void check_targets(const auto& loss_or_metric, const Shape& shape, const Dataset<T>& data) {
  const bool by_step = are_scored_by_step(shape, data);
  [[maybe_unused]] const Index outputs = by_step ? shape.channels : shape.size();
  Matrix<T> memory;
  [[maybe_unused]] const Batch<T> targets = scored_targets(shape, data, memory);
  if constexpr (requires { loss_or_metric.check(outputs, targets); }) loss_or_metric.check(outputs, targets);
}

/// Throws DataError unless some sample counts: its weight is positive and its target is not an ignored class.
template <std::floating_point T>
void expect_counted_sample(const Shape& shape, const Dataset<T>& data, std::string_view user,
                           std::string_view role) {
  const bool by_step = are_scored_by_step(shape, data);
  const Index steps = by_step ? shape.width : 1, outputs = shape.size() / steps;
  const bool classes = are_classes(data.y.rows() / steps) && outputs > 1;
  const SampleWeights<T> weights{data.weights};
  const Batch<T> x = data.inputs();
  for (Index j = 0; j < data.samples(); ++j)
    for (Index t = 0, end = by_step ? x.length(j) : 1; t < end; ++t)
      if (weights(j) > 0 && !(classes && data.y(t, j) == T(ignored_class))) return;
  throw_error<DataError>(
      user, {"expected a sample that counts in ", role, ", got only ignored classes (-1) and weights of 0"},
      "number the classes from 0, and pass positive weights");
}

/// Throws DataError or ShapeError unless targets and model outputs fit the loss.
template <Layer M>
void check_loss(const auto& loss, const M& model, const Dataset<typename M::Scalar>& data,
                std::string_view user, std::string_view role) {
  const Shape outputs = output_shape_for(model, data);
  check_targets(loss, outputs, data);
  expect_counted_sample(outputs, data, user, role);
  expect_outputs_for(loss, model, data.inputs());
}

/// Returns copies of metrics that know the kind of the outputs that they measure.
template <std::floating_point T>
[[gnu::cold, gnu::noinline]] std::vector<AnyMetric<T>> prepared(std::vector<AnyMetric<T>> metrics,
                                                                OutputKind kind) {
  for (AnyMetric<T>& metric : metrics) metric.prepare(kind);
  return metrics;
}

/// The kind of the outputs that metrics measure: as the last layer declares it, or else as the loss expects it.
template <class L>
OutputKind measured_kind(const auto& model, const L&) {
  const OutputKind kind = output_kind(model);
  return kind == OutputKind::unknown ? expected_kind<L>() : kind;
}

/// Throws DataError or ShapeError unless targets and model outputs fit the loss and the metrics.
template <Layer M>
void check_loss_and_metrics(const auto& loss, const std::vector<AnyMetric<typename M::Scalar>>& metrics,
                            const M& model, const Dataset<typename M::Scalar>& data, std::string_view user,
                            std::string_view role) {
  check_loss(loss, model, data, user, role);
  for (const auto& metric : prepared(metrics, measured_kind(model, loss)))
    check_targets(metric, output_shape_for(model, data), data);
}

}  // namespace descent::detail
