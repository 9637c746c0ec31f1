#pragma once

#include <concepts>

#include "descent/core/types.hpp"

namespace descent {

/// A term of the cost that depends on the weights alone. `samples` is the m of lambda / m.
template <class R, class M>
concept Regularizer =
    std::copy_constructible<R> && requires(const R& r, const M& model, M& gradient, Index samples) {
      { r.penalty(model, samples) } -> std::convertible_to<double>;
      { r.add_gradient(model, gradient, samples) } -> std::same_as<void>;
    };

}  // namespace descent
