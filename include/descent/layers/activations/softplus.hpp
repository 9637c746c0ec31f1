#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Smooth approximation of ReLU, positive everywhere.
///
///   y = log(1 + exp(x)) = max(0, x) + log(1 + exp(-|x|))      dx = dy / (1 + exp(-x))
///
/// The second form, which is the one computed, does not overflow. PyTorch returns x above 20, which differs by less
/// than 2.1e-9.
///
/// Source   Dugas, Bengio, Bélisle, Nadeau, Garcia: Incorporating second-order functional knowledge for better option
///          pricing (NIPS 2000)
template <std::floating_point T = float>
class Softplus : public Activation<Softplus<T>, T> {
 public:
  static constexpr std::string_view name = "Softplus";
  static auto value(const auto& x) { return x.max(T(0)) + (-x.abs()).exp().log1p(); }
  static auto derivative(const auto& x, const auto&) { return ((-x).exp() + T(1)).inverse(); }
};

}  // namespace descent
