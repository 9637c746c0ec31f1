#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Sigmoid linear unit (SiLU), also known as swish.
///
///   y = x s,  s = 1 / (1 + exp(-x))      dx = dy * s * (1 + x (1 - s)) = dy * s * (1 + x - y)
///
/// Source   Elfwing, Uchibe, Doya: Sigmoid-weighted linear units for neural network function approximation in
///          reinforcement learning (Neural Networks 107, 2018); Ramachandran, Zoph, Le: Searching for
///          activation functions (arXiv:1710.05941)
template <std::floating_point T = float>
class SiLU : public Activation<SiLU<T>, T> {
 public:
  static constexpr std::string_view name = "SiLU";
  static auto value(const auto& x) { return x / ((-x).exp() + T(1)); }
  static auto derivative(const auto& x, const auto& y) { return (x - y + T(1)) / ((-x).exp() + T(1)); }
};

}  // namespace descent
