#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/threshold.hpp"
#include "descent/parallel/thread_workers.hpp"

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
/// with the index of each batch's first sample and its outputs, in order. Several threads take a batch each or, if there
/// are fewer batches than threads, share the operations of each.
template <Layer M>
void forward_in_batches(const M& model, const Batch<typename M::Scalar>& x, Workers& workers,
                        FunctionRef<void(Index, const Batch<typename M::Scalar>&)> f) {
  constexpr Index batch_size = 256;
  const Index batches = (x.cols() + batch_size - 1) / batch_size,
              at_a_time = batches < workers.size() ? 1 : workers.size();
  struct Running {
    typename M::Cache cache;
    Batch<typename M::Scalar> y;
  };
  std::vector<Running> running(static_cast<std::size_t>(at_a_time));
  for (Index next = 0; next < batches; next += at_a_time) {
    const auto forward = [&](Index k, Workers& helpers) {
      const Index first = (next + k) * batch_size;
      if (first >= x.cols()) return;
      auto& [cache, y] = running[static_cast<std::size_t>(k)];
      y = model.forward(x.columns(first, std::min(batch_size, x.cols() - first)), cache,
                        Pass::inference(helpers));
    };
    if (at_a_time == 1)
      forward(0, workers);
    else
      workers.run([&](int rank) { forward(rank, single_thread); });
    for (Index k = 0; k < std::min(at_a_time, batches - next); ++k)
      f((next + k) * batch_size, running[static_cast<std::size_t>(k)].y);
  }
}

}  // namespace detail

/// The options of `predict`, `predict_classes` and `evaluate`.
struct PredictOptions {
  Threads threads = {};  ///< threads, which start and end with the call; for thousands of samples
};

/// Computes the outputs of the model for each sample, in inference mode. Outputs in the padding of sequences are 0.
///
///   predict(net, x, {.threads = 8})      on 8 threads, with the same bits
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
Matrix<typename M::Scalar> predict(const M& model, const Batch<typename M::Scalar>& x,
                                   const PredictOptions& options = {}) {
  static_assert(has_valid_hooks<M>);
  detail::expect_input(model, x, "predict");
  Matrix<typename M::Scalar> outputs(model.output_shape(x.shape()).size(), x.cols());
  detail::forward_in_batches(model, x, *options.threads.start(), [&](Index first, const auto& y) {
    outputs.middleCols(first, y.cols()) = y;
    for (Index j = 0; j < y.samples(); ++j)
      outputs.col(first + j).tail((y.shape().width - y.length(j)) * (y.rows() / y.shape().width)).setZero();
  });
  return outputs;
}

/// Predicts the class of each sample, or of each time step of sequences, one sequence after another: the largest output
/// or, of a single output, 1 if it is above `threshold`, else 0. The default threshold is 0.5 after a layer whose outputs are probabilities, such as `Sigmoid`, and 0 otherwise.
///
/// Throws   as predict; ShapeError when a threshold is passed for several outputs.
/// Cost     a forward pass
/// Example  examples/01_digits.cpp
template <Layer M>
std::vector<Index> predict_classes(const M& model, const Batch<typename M::Scalar>& x,
                                   Threshold threshold = {}, const PredictOptions& options = {}) {
  auto outputs = predict(model, x, options);
  const Shape shape = model.output_shape(x.shape());
  if (shape.height == 1) outputs.resize(shape.channels, shape.width * x.samples());
  threshold.prepare(output_kind(model));
  const double above = threshold.value("predict_classes", outputs.rows());
  std::vector<Index> classes;
  for (Index j = 0; j < outputs.cols(); ++j) classes.push_back(predicted_class(outputs, j, above));
  return classes;
}

}  // namespace descent
