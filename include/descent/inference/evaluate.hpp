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
#include "descent/losses/scored_samples.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Throws DataError or ShapeError unless the data set fits the model. `role` names the data set in the message.
template <Layer M>
void expect_data(const M& model, const Dataset<typename M::Scalar>& data, std::string_view user,
                 std::string_view role) {
  expect_usable(data, user, role);
  expect_input(model, data.inputs(), user);
}

/// Calls f(prediction, target, weights) batch by batch for the whole data set, by time steps if the targets are.
template <Layer M>
void predict_with_targets(const M& model, const Dataset<typename M::Scalar>& data, Workers& workers,
                          auto&& f) {
  using T = typename M::Scalar;
  ScoredMemory<T> memory;
  forward_in_batches(model, data.inputs(), workers, [&](Index first, const Batch<T>& prediction) {
    const auto scored =
        scored_samples(prediction, Batch<T>{data.y.middleCols(first, prediction.cols())},
                       SampleWeights<T>{data.weights}.segment(first, prediction.cols()), memory);
    if (scored.prediction.samples() > 0) f(scored.prediction, scored.target, scored.weights);
  });
}

}  // namespace detail

/// Computes a metric over a data set, with the model in inference mode. Samples are weighted by `data.weights`. If a
/// sequence has targets for each time step, these are the samples, each with the weight of its sequence; padding does
/// not count.
///
///   evaluate(net, test, Accuracy{})              a number
///   evaluate(net, test, ConfusionMatrix{10})     a confusion matrix
///   evaluate(net, test, Accuracy{}, {.threads = 8})    on 8 threads, with the same bits
///
/// The default threshold of a single output is 0.5 after a layer whose outputs are probabilities, such as `Sigmoid`,
/// and 0 otherwise. A model does not store the names of features and classes: compare them with `expect_same_names`.
///
/// Throws   ShapeError or DataError when the data does not fit the model or the targets do not fit the metric.
/// Cost     a forward pass
/// Example  examples/01_digits.cpp
template <Layer M, Metric<typename M::Scalar> A>
auto evaluate(const M& model, const Dataset<typename M::Scalar>& data, A metric,
              const PredictOptions& options = {}) {
  detail::expect_data(model, data, "evaluate", "the data set");
  detail::check_targets(metric, detail::output_shape_for(model, data), data);
  if constexpr (requires { metric.prepare(OutputKind{}); }) metric.prepare(output_kind(model));
  detail::predict_with_targets(
      model, data, *options.threads.start(),
      [&](auto prediction, auto target, auto weights) { metric.update(prediction, target, weights); });
  return metric.value();
}

/// Computes the mean loss over a data set, with the model in inference mode and without the penalty of a regularizer.
/// Samples are weighted by `data.weights`, time steps as for a metric.
///
/// Throws   ShapeError or DataError when the data does not fit the model, or targets or outputs do not fit the loss.
/// Cost     a forward pass
/// Example  examples/01_digits.cpp
template <Layer M, Loss<typename M::Scalar> L>
double evaluate(const M& model, const Dataset<typename M::Scalar>& data, const L& loss,
                const PredictOptions& options = {}) {
  detail::expect_data(model, data, "evaluate", "the data set");
  detail::check_loss(loss, model, data, "evaluate", "the data set");
  WeightedSum total;
  detail::predict_with_targets(
      model, data, *options.threads.start(),
      [&](auto prediction, auto target, auto weights) { total += loss.value(prediction, target, weights); });
  return total.mean();
}

}  // namespace descent
