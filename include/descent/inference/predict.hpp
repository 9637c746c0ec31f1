#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

[[noreturn]] inline void throw_unfit(std::string_view user, const ShapeError& error, Index rows, Index cols) {
  throw_error<ShapeError>(user, {error.what()},
                          joined({"the data is [", rows, " features, ", cols,
                                  " samples]: transpose it if its samples are in rows"}));
}

/// Throws DataError if `x` is empty, ShapeError unless the model accepts the size of its samples.
template <Layer M>
void expect_shape(const M& model, const Batch<typename M::Scalar>& x, std::string_view user) {
  if (x.cols() == 0) throw_error<DataError>(user, {"expected samples, got none"}, "pass [features, samples]");
  positive_features(user, x.rows());
  try {
    model.output_shape(x.shape());
  } catch (const ShapeError& error) {
    throw_unfit(user, error, x.rows(), x.cols());
  }
}

/// Throws as `expect_shape`, and DataError unless all values are finite.
template <Layer M>
void expect_input(const M& model, const Batch<typename M::Scalar>& x, std::string_view user) {
  expect_shape(model, x, user);
  if (!all_finite(x))
    throw_error<DataError>(user, {"expected finite inputs, got infinity or not-a-number"},
                           "remove these samples, or fill in the values");
}

/// Runs the model over any number of samples in batches of bounded size, which bounds the memory. Calls f(first, y)
/// with the index of each batch's first sample and its outputs.
template <Layer M>
void forward_in_batches(const M& model, const Batch<typename M::Scalar>& x, auto&& f) {
  constexpr Index batch_size = 256;
  typename M::Cache cache;
  for (Index first = 0; first < x.cols(); first += batch_size) {
    const Index count = std::min(batch_size, x.cols() - first);
    f(first, model.forward(x.columns(first, count), cache, Pass::inference()));
  }
}

}  // namespace detail

/// Computes the outputs of the model for each sample, in inference mode.
///
/// Thread-safe for one model in several threads. For single samples in a tight loop, reuse a cache and call
/// `model.forward(x, cache, Pass::inference())`, which does not allocate from the second call on.
///
/// Shapes   x [features, m]   returns [outputs, m]
/// Throws   ShapeError when the model expects another number of features, DataError when there are no samples or a
///          value is not finite.
/// Cost     a forward pass
/// Example  examples/14_pytorch_weights.cpp
template <Layer M>
Matrix<typename M::Scalar> predict(const M& model, const Batch<typename M::Scalar>& x) {
  static_assert(has_valid_hooks<M>);
  detail::expect_input(model, x, "predict");
  Matrix<typename M::Scalar> outputs(model.output_shape(x.shape()).size(), x.cols());
  detail::forward_in_batches(model, x,
                             [&](Index first, const auto& y) { outputs.middleCols(first, y.cols()) = y; });
  return outputs;
}

/// Predicts the class of each sample: the largest output or, of a single output, 1 if it is above `threshold`, else
/// 0. The default threshold is 0.5 after a layer whose outputs are probabilities, such as `Sigmoid`, and 0 otherwise.
///
/// Throws   as predict; ShapeError when a threshold is passed for several outputs.
/// Cost     a forward pass
/// Example  examples/01_digits.cpp
template <Layer M>
std::vector<Index> predict_classes(const M& model, const Batch<typename M::Scalar>& x,
                                   Threshold threshold = {}) {
  const auto outputs = predict(model, x);
  threshold.prepare(output_kind(model));
  const double above = threshold.value("predict_classes", outputs.rows());
  std::vector<Index> classes;
  for (Index j = 0; j < outputs.cols(); ++j) classes.push_back(predicted_class(outputs, j, above));
  return classes;
}

}  // namespace descent
