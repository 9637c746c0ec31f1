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
#include "descent/losses/targets.hpp"
#include "descent/metrics/any_metric.hpp"

namespace descent::detail {

/// True if outputs may be of this kind, as far as their values tell.
template <std::floating_point T>
bool may_be(OutputKind kind, const Matrix<T>& outputs) {
  constexpr T rounding = T(1e-4);
  const T least = outputs.minCoeff(), most = outputs.maxCoeff();
  switch (kind) {
    case OutputKind::probabilities:
      return least >= 0 && most <= 1;
    case OutputKind::log_probabilities:
      return most <= rounding;
    case OutputKind::scores:  // which are not at least 0 with a sum of 1 in every sample
      return outputs.rows() < 2 || least < 0 ||
             ((outputs.colwise().sum().array() - T(1)).abs() > rounding).any();
    default:
      return true;
  }
}

/// Throws DataError if the model puts out another kind of number than the loss expects: by what its last layer declares
/// or, if that declares nothing, by its outputs for the first samples.
template <class L, Layer M>
void expect_outputs_for([[maybe_unused]] const L& loss, [[maybe_unused]] const M& model,
                        [[maybe_unused]] const Batch<typename M::Scalar>& x) {
  constexpr OutputKind expected = expected_kind<L>();
  if constexpr (expected != OutputKind::unknown) {
    const OutputKind declared = output_kind(model);
    expect_kind(loss, declared);
    if (declared != OutputKind::unknown) return;
    constexpr Index enough = 16;
    typename M::Cache cache;
    const Matrix<typename M::Scalar> outputs =
        model.forward(x.columns(0, std::min(enough, x.samples())), cache, Pass::inference());
    if (outputs.size() == 0 || !all_finite(outputs) || may_be(expected, outputs)) return;
    if (expected == OutputKind::scores)
      reject_outputs<L>("probabilities: none is negative, and they sum to 1");
    reject_outputs<L>(joined({"numbers from ", outputs.minCoeff(), " to ", outputs.maxCoeff()}));
  }
}

/// Lets the loss or the metric look at all targets at once, if it can: its error then counts the samples right.
template <Layer M>
void check_targets(const auto& judge, const M& model, const Dataset<typename M::Scalar>& data) {
  const Batch<typename M::Scalar> targets{data.y};
  if constexpr (requires { judge.check(Index{}, targets); })
    judge.check(model.output_shape(data.sample_shape()).size(), targets);
}

/// Throws unless a sample counts: one whose weight is above 0, and whose class, where targets are classes, is not ignored.
template <Layer M>
void expect_counted_sample(const M& model, const Dataset<typename M::Scalar>& data, std::string_view user,
                           std::string_view role) {
  using T = typename M::Scalar;
  const bool classes = are_classes(data.y.rows()) && model.output_shape(data.sample_shape()).size() > 1;
  const SampleWeights<T> weights{data.weights};
  for (Index j = 0; j < data.samples(); ++j)
    if (weights(j) > 0 && !(classes && data.y(0, j) == T(ignored_class))) return;
  throw_error<DataError>(
      user, {"expected a sample that counts in ", role, ", got classes of -1 and weights of 0 alone"},
      "number the classes from 0; -1 ignores a sample");
}

/// Throws unless the loss can take the targets, and what the model puts out.
template <Layer M>
void check_loss(const auto& loss, const M& model, const Dataset<typename M::Scalar>& data,
                std::string_view user, std::string_view role) {
  check_targets(loss, model, data);
  expect_counted_sample(model, data, user, role);
  expect_outputs_for(loss, model, data.inputs());
}

/// Tells metrics the kind of numbers that they measure: what the last layer declares, or else what the loss expects.
template <std::floating_point T>
void prepare_metrics(std::vector<AnyMetric<T>>& metrics, const auto& model, const auto& loss) {
  OutputKind kind = output_kind(model);
  if (kind == OutputKind::unknown) kind = expected_kind<std::remove_cvref_t<decltype(loss)>>();
  for (AnyMetric<T>& metric : metrics) metric.prepare(kind);
}

/// Throws unless the loss and the metrics can take the targets, and what the model puts out.
template <Layer M>
void check_loss_and_metrics(const auto& loss, std::vector<AnyMetric<typename M::Scalar>> metrics,
                            const M& model, const Dataset<typename M::Scalar>& data, std::string_view user,
                            std::string_view role) {
  check_loss(loss, model, data, user, role);
  prepare_metrics(metrics, model, loss);
  for (const auto& metric : metrics) check_targets(metric, model, data);
}

}  // namespace descent::detail
