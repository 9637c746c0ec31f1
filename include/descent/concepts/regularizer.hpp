#pragma once

#include <concepts>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A penalty that depends on the weights alone and is added to the loss. `samples` is the m in lambda / m.
///
///   penalty(model, samples)                 returns the penalty
///   add_gradient(model, gradient, samples)  adds its gradient to `gradient`
///
/// Example  examples/03_regularization.cpp
template <class R, class M>
concept Regularizer =
    std::copy_constructible<R> && requires(const R& r, const M& model, M& gradient, Index samples) {
      { r.penalty(model, samples) } -> std::convertible_to<double>;
      { r.add_gradient(model, gradient, samples) } -> std::same_as<void>;
    };

}  // namespace descent
