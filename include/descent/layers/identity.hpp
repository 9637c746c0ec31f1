#pragma once

#include <concepts>
#include <string_view>

#include "descent/layers/activation.hpp"

namespace descent {

/// y = x. Stands in where an activation is a choice and none is wanted.
///
///   y = x      dx = dy
template <std::floating_point T = float>
class Identity : public Activation<Identity<T>, T> {
 public:
  static constexpr std::string_view name = "Identity";
  static auto value(const auto& x) { return x; }
  static T derivative(T, T) { return T(1); }
};

}  // namespace descent
