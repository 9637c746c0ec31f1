#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/metrics/classes.hpp"

namespace descent {

namespace detail {

/// Throws unless `x` holds samples that the model can take.
template <Layer M>
void expect_input(const M& model, Batch<typename M::Scalar> x, std::string_view user) {
  if (x.cols() == 0) throw DataError(user, "expected samples, got none", "hand in [features, samples]");
  positive_features(user, x.rows());
  try {
    model.output_shape({x.rows()});
  } catch (const ShapeError& error) {
    throw ShapeError(
        user, error.what(),
        concat("the data is [", x.rows(), " features, ", x.cols(), " samples]: is it transposed?"));
  }
  if (!all_finite(x))
    throw DataError(user, "expected finite inputs, got infinity or not-a-number",
                    "remove such samples, or fill the values in");
}

/// Runs the model over samples of any number, a few at a time, so that the memory stays small; calls
/// f(first, y) with the number of the first sample and the output of each such batch.
template <Layer M>
void forward_in_batches(const M& model, Batch<typename M::Scalar> x, auto&& f) {
  constexpr Index batch_size = 256;
  typename M::Cache cache;
  for (Index first = 0; first < x.cols(); first += batch_size) {
    const Index count = std::min(batch_size, x.cols() - first);
    f(first, model.forward(x.middleCols(first, count), cache, Pass::inference()));
  }
}

}  // namespace detail

/// What the model makes of each sample, as in inference.
///
/// One model may predict in several threads at once. For single samples in a tight loop, keep a cache and
/// call `model.forward(x, cache, Pass::inference())`: it allocates nothing from the second call on.
///
/// Shapes   x [features, m]   returns [outputs, m]
/// Throws   ShapeError when the model takes another number of features, DataError for no samples or values
///          that are not finite.
template <Layer M>
Matrix<typename M::Scalar> predict(const M& model, Batch<typename M::Scalar> x) {
  detail::expect_input(model, x, "predict");
  Matrix<typename M::Scalar> outputs(model.output_shape({x.rows()}).size(), x.cols());
  detail::forward_in_batches(model, x,
                             [&](Index first, const auto& y) { outputs.middleCols(first, y.cols()) = y; });
  return outputs;
}

/// The class that the model chooses for each sample; of a single output, 1 where it is above `threshold`.
///
/// Throws   as predict.
template <Layer M>
std::vector<Index> predict_classes(const M& model, Batch<typename M::Scalar> x, double threshold = 0) {
  const auto outputs = predict(model, x);
  std::vector<Index> classes;
  for (Index j = 0; j < outputs.cols(); ++j) classes.push_back(predicted_class(outputs, j, threshold));
  return classes;
}

}  // namespace descent
