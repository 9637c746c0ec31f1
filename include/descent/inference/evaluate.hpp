#pragma once

#include <string_view>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/predict.hpp"

namespace descent {

namespace detail {

/// Throws unless the data set, which has the role given, can be handed to the model.
template <Layer M>
void expect_data(const M& model, const Dataset<typename M::Scalar>& data, std::string_view user,
                 std::string_view role) {
  expect_usable(data, user, role);
  expect_input(model, data.inputs(), user);
}

/// Calls f(prediction, target, weights) for the data set, batch by batch.
template <Layer M>
void predict_beside_targets(const M& model, const Dataset<typename M::Scalar>& data, auto&& f) {
  using T = typename M::Scalar;
  forward_in_batches(model, data.inputs(), [&](Index first, Batch<T> prediction) {
    f(prediction, Batch<T>{data.y.middleCols(first, prediction.cols())},
      SampleWeights<T>{data.weights}.segment(first, prediction.cols()));
  });
}

}  // namespace detail

/// The value of a metric over a data set, as in inference. Samples count by `data.weights`.
///
///   evaluate(net, test, Accuracy{})              a number
///   evaluate(net, test, ConfusionMatrix{10})     a confusion matrix
///
/// The threshold of a single output, unless it is chosen, is 0.5 after a layer that puts out probabilities, such as
/// `Sigmoid`, else 0. A model has no names, so nothing is known here of those of the training set: `expect_same_names`
/// compares two sets.
///
/// Throws   ShapeError or DataError when the data does not fit the model, or the targets do not fit the metric.
template <Layer M, Metric<typename M::Scalar> A>
auto evaluate(const M& model, const Dataset<typename M::Scalar>& data, A metric) {
  detail::expect_data(model, data, "evaluate", "the data set");
  detail::check_targets(metric, model, data);
  if constexpr (requires { metric.prepare(OutputKind{}); }) metric.prepare(output_kind(model));
  detail::predict_beside_targets(model, data, [&](auto prediction, auto target, auto weights) {
    metric.update(prediction, target, weights);
  });
  return metric.value();
}

/// The mean of a loss over a data set, as in inference, without any penalty. Samples count by `data.weights`.
///
/// Throws   ShapeError or DataError when the data does not fit the model, or the loss expects other targets or outputs.
template <Layer M, Loss<typename M::Scalar> L>
double evaluate(const M& model, const Dataset<typename M::Scalar>& data, const L& loss) {
  detail::expect_data(model, data, "evaluate", "the data set");
  detail::check_loss(loss, model, data, "evaluate", "the data set");
  WeightedSum total;
  detail::predict_beside_targets(model, data, [&](auto prediction, auto target, auto weights) {
    total += loss.value(prediction, target, weights);
  });
  return total.mean();
}

}  // namespace descent
