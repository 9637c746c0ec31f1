#pragma once

#include "descent/core/concepts.hpp"

namespace descent {

/// backward where nobody needs dx, as in the first layer of a network. A layer for which dx is work of its
/// own, such as `Dense`, has a member of this name that leaves it out; any other runs its backward.
template <Layer L>
void backward_parameters(const L& layer, Batch<typename L::Scalar> x, Batch<typename L::Scalar> dy,
                         typename L::Cache& cache, L& gradient) {
  if constexpr (requires { layer.backward_parameters(x, dy, cache, gradient); })
    layer.backward_parameters(x, dy, cache, gradient);
  else
    layer.backward(x, dy, cache, gradient);
}

}  // namespace descent
