#pragma once

#include <string_view>

#include "descent/losses/margins.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct SquaredHingeCost {
  static constexpr std::string_view name = "SquaredHinge";
  static auto cost(auto v) { return v * v; }
  static auto slope(auto v) { return 2 * v; }
};
}  // namespace detail

/// Squared hinge loss: smooth where the hinge loss has its kink; the mean over samples and outputs.
///
///   y = 2 t - 1      L = 1/k * sum over outputs of max(0, 1 - y z)^2      for each sample
///   dL/dz = -2/k * y max(0, 1 - y z)
///
/// Targets are the classes 0 and 1, as for `Hinge`.
///
/// A positive weight c gives targets of 1 more weight where they are rare: SquaredHinge{.positive_weight = 9} multiplies their loss
/// and gradient.
///
/// Shapes   scores z [k, m]   targets t [k, m], 0 or 1
/// Throws   ShapeError when the two differ in shape; DataError when a target is neither 0 nor 1, or c not
///          positive.
/// Source   Tang: Deep learning using linear support vector machines (arXiv 1306.0239, 2013)
using SquaredHinge = detail::MarginLoss<detail::SquaredHingeCost>;

}  // namespace descent
