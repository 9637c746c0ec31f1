#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Piecewise linear approximation of tanh; the derivative at the corners is taken as 0.
///
///   y = min(1, max(-1, x))      dx = dy where -1 < x < 1, else 0
///
/// Source   Collobert: Large scale machine learning (thesis, Paris 6, 2004)
template <std::floating_point T = float>
class HardTanh : public Activation<HardTanh<T>, T> {
 public:
  static constexpr std::string_view name = "HardTanh";
  static auto value(const auto& x) { return x.max(T(-1)).min(T(1)); }
  static T derivative(T, T y) { return y > -1 && y < 1 ? T(1) : T(0); }
};

}  // namespace descent
