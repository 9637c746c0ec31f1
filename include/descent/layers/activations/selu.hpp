#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Scaled exponential linear unit. With weights initialized by `LeCunNormal`, the mean and variance of the outputs
/// converge to 0 and 1 from layer to layer.
///
///   y = scale * x where x > 0, else scale * alpha * (exp(x) - 1)
///   dx = dy * scale where x > 0, else dy * (y + scale * alpha)
///
/// Source   Klambauer, Unterthiner, Mayr, Hochreiter: Self-normalizing neural networks (NIPS 2017)
template <std::floating_point T = float>
class SELU : public Activation<SELU<T>, T> {
 public:
  static constexpr std::string_view name = "SELU";
  static constexpr double alpha = 1.6732632423543772;
  static constexpr double scale = 1.0507009873554805;

  static auto value(const auto& x) { return T(scale) * x.max(T(0)) + T(scale * alpha) * x.min(T(0)).expm1(); }
  static T derivative(T x, T y) { return x > 0 ? T(scale) : y + T(scale * alpha); }
};

}  // namespace descent
