#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// Logistic sigmoid. As the last layer of a classifier, leave it out and train with `SigmoidCrossEntropy`, which takes
/// logits and stays exact where the sigmoid rounds to 0 or 1.
///
///   y = 1 / (1 + exp(-x))      dx = dy * y * (1 - y)
template <std::floating_point T = float>
class Sigmoid : public Activation<Sigmoid<T>, T> {
 public:
  static constexpr std::string_view name = "Sigmoid";
  static constexpr OutputKind output_kind() { return OutputKind::probabilities; }
  static auto value(const auto& x) { return ((-x).exp() + T(1)).inverse(); }
  static T derivative(T, T y) { return y * (1 - y); }
};

}  // namespace descent
