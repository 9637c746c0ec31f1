#pragma once

#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"

namespace descent::inline DESCENT_ABI {

/// Runs backward without computing dx, as in the first layer of a network. A layer for which dx is a separate
/// computation, such as `Dense`, has a member of this name; for any other this calls backward.
template <Layer L>
void backward_parameters(const L& layer, const Batch<typename L::Scalar>& x,
                         const Batch<typename L::Scalar>& dy, typename L::Cache& cache, L& gradient,
                         const Pass& pass) {
  if constexpr (requires { layer.backward_parameters(x, dy, cache, gradient, pass); })
    layer.backward_parameters(x, dy, cache, gradient, pass);
  else
    layer.backward(x, dy, cache, gradient, pass);
}

/// Updates the state of a layer, such as running statistics, after a training step; `cache` is that of its forward
/// pass.
template <Layer L>
void update_state(L& layer, const typename L::Cache& cache) {
  if constexpr (requires { layer.update_state(cache); }) layer.update_state(cache);
}

}  // namespace descent
