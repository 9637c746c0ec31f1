#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Piecewise quadratic approximation of SiLU: x times the `HardSigmoid` of slope 1/6.
///
///   y = x min(6, max(0, x + 3)) / 6
///   dx = dy * (x / 3 + 1/2) where -3 < x < 3, dy above and 0 below
///
/// Source   Howard et al.: Searching for MobileNetV3 (ICCV 2019), 5.2
template <std::floating_point T = float>
class HardSwish : public Activation<HardSwish<T>, T> {
 public:
  static constexpr std::string_view name = "HardSwish";
  static auto value(const auto& x) { return x * (x + T(3)).max(T(0)).min(T(6)) / T(6); }
  static T derivative(T x, T) {
    if (x <= -3) return 0;
    return x < 3 ? x / 3 + T(0.5) : T(1);
  }
};

}  // namespace descent
