#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Hyperbolic tangent.
///
///   y = tanh(x)      dx = dy * (1 - y^2)
template <std::floating_point T = float>
class Tanh : public Activation<Tanh<T>, T> {
 public:
  static constexpr std::string_view name = "Tanh";
  static auto value(const auto& x) { return x.tanh(); }
  static T derivative(T, T y) { return 1 - y * y; }
};

}  // namespace descent
