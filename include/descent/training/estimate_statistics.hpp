#pragma once

#include "descent/core/backward.hpp"
#include "descent/core/concepts.hpp"
#include "descent/training/predict.hpp"

namespace descent {

/// Sets the running statistics of every `BatchNorm` in the model to those of a whole training set, layer
/// after layer: each sees the samples as inference will send them, through the layers before it with their
/// new statistics and without dropout. This is the alternative to the running averages that training leaves.
///
///   fit(net, train, ...);
///   estimate_statistics(net, train.x);
///
/// The variance is the one that the layer keeps, biased or unbiased.
///
/// Shapes   x [features, m]
/// Throws   as predict; DataError for a single sample. The model is then as it was.
/// Cost     a forward and a backward pass with all samples as one batch, and the memory for it. Of a very large
///          set, a random part does.
/// Source   Ioffe, Szegedy: Batch normalization (ICML 2015), 3.1
template <Layer M>
void estimate_statistics(M& model, Batch<typename M::Scalar> x) {
  using T = typename M::Scalar;
  detail::expect_input(model, x, "estimate_statistics");
  typename M::Cache cache;
  const Matrix<T>& y = model.forward(x, cache, Pass::measuring());
  M statistics = model;
  // Nothing is learnt, so dy = 0: backward is where layers hand over what they saw of the batch.
  backward_parameters(model, x, Matrix<T>{Matrix<T>::Zero(y.rows(), y.cols())}, cache, statistics);
  visit_buffers<M>([](const Buffer&, auto& kept, auto& seen) { kept = seen; }, model, statistics);
}

}  // namespace descent
