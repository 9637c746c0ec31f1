#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// A bounded activation like tanh that approaches -1 and 1 more slowly and needs no exponential.
///
///   y = x / (1 + |x|)      dx = dy / (1 + |x|)^2
///
/// Source   Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks
///          (AISTATS 2010)
template <std::floating_point T = float>
class Softsign : public Activation<Softsign<T>, T> {
 public:
  static constexpr std::string_view name = "Softsign";
  static auto value(const auto& x) { return x / (x.abs() + T(1)); }
  static auto derivative(const auto& x, const auto&) { return (x.abs() + T(1)).square().inverse(); }
};

}  // namespace descent
