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

namespace descent {

namespace detail {

[[noreturn]] inline void throw_not_taken(std::string_view user, const ShapeError& error, Index rows,
                                         Index cols) {
  throw_error<ShapeError>(
      user, {error.what()},
      joined({"the data is [", rows, " features, ", cols, " samples]: is it transposed?"}));
}

/// Throws unless `x` has samples of a size that the model takes.
template <Layer M>
void expect_shape(const M& model, const Batch<typename M::Scalar>& x, std::string_view user) {
  if (x.cols() == 0)
    throw_error<DataError>(user, {"expected samples, got none"}, "hand in [features, samples]");
  positive_features(user, x.rows());
  try {
    model.output_shape(x.shape());
  } catch (const ShapeError& error) {
    throw_not_taken(user, error, x.rows(), x.cols());
  }
}

/// The same, and throws also unless all values are finite.
template <Layer M>
void expect_input(const M& model, const Batch<typename M::Scalar>& x, std::string_view user) {
  expect_shape(model, x, user);
  if (!all_finite(x))
    throw_error<DataError>(user, {"expected finite inputs, got infinity or not-a-number"},
                           "remove such samples, or fill the values in");
}

/// Runs the model over samples of any number, a few at a time, so that the memory stays small; calls
/// f(first, y) with the number of the first sample and the output of each such batch.
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

/// Returns the outputs of the model for each sample, as in inference.
///
/// One model may predict in several threads at once. For single samples in a tight loop, keep a cache and
/// call `model.forward(x, cache, Pass::inference())`: it allocates nothing from the second call on.
///
/// Shapes   x [features, m]   returns [outputs, m]
/// Throws   ShapeError when the model takes another number of features, DataError for no samples or values
///          that are not finite.
template <Layer M>
Matrix<typename M::Scalar> predict(const M& model, const Batch<typename M::Scalar>& x) {
  static_assert(has_valid_hooks<M>);
  detail::expect_input(model, x, "predict");
  Matrix<typename M::Scalar> outputs(model.output_shape(x.shape()).size(), x.cols());
  detail::forward_in_batches(model, x,
                             [&](Index first, const auto& y) { outputs.middleCols(first, y.cols()) = y; });
  return outputs;
}

/// The class that the model chooses for each sample; of a single output, 1 where it is above `threshold`: unless it is
/// chosen, 0.5 after a layer that puts out probabilities, such as `Sigmoid`, else 0.
///
/// Throws   as predict; ShapeError when a threshold is chosen for several outputs.
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
