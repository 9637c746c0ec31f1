#pragma once

#include <string_view>

#include "descent/losses/residuals.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct SquaredErrorCost {
  static constexpr std::string_view name = "MeanSquaredError";
  static constexpr auto cost = [](const auto& r) { return r.square(); };
  static constexpr auto slope = [](const auto& r) { return 2 * r; };
};
}  // namespace detail

/// Mean squared error, over samples and outputs. The factor is 1, not 1/2.
///
///   L = 1/k * sum over outputs of r^2,  r = p - t      dL/dp = 2/k * r      for each sample
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
/// Example  examples/08_housing.cpp
struct MeanSquaredError : detail::ResidualLoss<detail::SquaredErrorCost> {};

}  // namespace descent
