#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Rectified linear unit; the derivative at 0 is taken as 0.
///
///   y = max(0, x)      dx = dy where x > 0, else 0
///
/// Source   Glorot, Bordes, Bengio: Deep sparse rectifier neural networks (AISTATS 2011)
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class ReLU : public Activation<ReLU<T>, T> {
 public:
  static constexpr std::string_view name = "ReLU";
  static auto value(const auto& x) { return x.max(T(0)); }
  static T derivative(T, T y) { return y > 0 ? T(1) : T(0); }
};

}  // namespace descent
