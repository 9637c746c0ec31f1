#pragma once

#include <string_view>

#include "descent/losses/residuals.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct AbsoluteErrorCost {
  static constexpr std::string_view name = "MeanAbsoluteError";
  static constexpr auto cost = [](const auto& r) { return r.abs(); };
  static constexpr auto slope = [](const auto& r) { return r.sign(); };
};
}  // namespace detail

/// Mean absolute error, over samples and outputs. Less sensitive to outliers than the squared error.
///
///   L = 1/k * sum over outputs of |r|,  r = p - t      dL/dp = 1/k * sign r, and 0 where r = 0      for each sample
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct MeanAbsoluteError : detail::ResidualLoss<detail::AbsoluteErrorCost> {};

}  // namespace descent
