#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Mish, a smooth and non-monotonic activation: y = x tanh(softplus(x)).
///
///   w = exp(x)   n = w (w + 2)      tanh(log(1 + w)) = n / (n + 2)
///   y = x n / (n + 2)               dx = dy * (n / (n + 2) + 4 x w (w + 1) / (n + 2)^2)
///
/// Cost     an exp a value each way; not vectorized.
/// Source   Misra: Mish: a self regularized non-monotonic activation function (BMVC 2020)
template <std::floating_point T = float>
class Mish : public Activation<Mish<T>, T> {
 public:
  static constexpr std::string_view name = "Mish";
  static T value(T x) {
    const T w = std::exp(std::min(x, saturated)), n = w * (w + 2);
    return x * n / (n + 2);
  }
  static T derivative(T x, T) {
    const T bounded = std::min(x, saturated);
    const T w = std::exp(bounded), n = w * (w + 2);
    return n / (n + 2) + bounded * 4 * w * (w + 1) / ((n + 2) * (n + 2));
  }

 private:
  static constexpr T saturated = 20;  // y = x and y' = 1 from here on, also in double; exp cannot overflow
};

}  // namespace descent
