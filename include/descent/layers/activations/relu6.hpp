#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Rectified linear unit with an upper limit of 6; the derivative at the corners is taken as 0.
///
///   y = min(6, max(0, x))      dx = dy where 0 < x < 6, else 0
///
/// Source   Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2 (CVPR 2018)
template <std::floating_point T = float>
class ReLU6 : public Activation<ReLU6<T>, T> {
 public:
  static constexpr std::string_view name = "ReLU6";
  static auto value(const auto& x) { return x.max(T(0)).min(T(6)); }
  static T derivative(T, T y) { return y > 0 && y < 6 ? T(1) : T(0); }
};

}  // namespace descent
