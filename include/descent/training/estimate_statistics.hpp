#pragma once

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/inference/predict.hpp"

namespace descent::inline DESCENT_ABI {

/// Sets the running statistics of every `BatchNorm` in the model to those of a whole training set, layer after layer:
/// each one is computed as in inference, from the outputs of the layers before it with their new statistics and
/// without dropout. It replaces the running averages of training.
///
///   fit(net, train, ...);
///   estimate_statistics(net, train.x);
///
/// The variance is biased or unbiased, as the layer's `running_variance` says.
///
/// Shapes   x [features, m]
/// Throws   as predict; DataError for a single sample. The model is then unchanged.
/// Cost     a forward pass with all samples as one batch, and its memory. For a very large set, pass a random part of
///          it.
/// Source   Ioffe, Szegedy: Batch normalization (ICML 2015), 3.1
template <Layer M>
void estimate_statistics(M& model, const Batch<typename M::Scalar>& x) {
  detail::expect_input(model, x, "estimate_statistics");
  typename M::Cache cache;
  model.forward(x, cache, Pass::measuring());
  update_state(model, cache);
}

}  // namespace descent
