#pragma once

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/inference/predict.hpp"

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
/// Cost     a forward pass with all samples as one batch, and the memory for it. Of a very large set, a random part does.
/// Source   Ioffe, Szegedy: Batch normalization (ICML 2015), 3.1
template <Layer M>
void estimate_statistics(M& model, const Batch<typename M::Scalar>& x) {
  detail::expect_input(model, x, "estimate_statistics");
  typename M::Cache cache;
  model.forward(x, cache, Pass::measuring());
  update_state(model, cache);
}

}  // namespace descent
