#pragma once

#include <string_view>

#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"

namespace descent::detail {

/// Throws unless a target is 0 or 1.
inline void expect_binary(std::string_view component, auto target, Index sample) {
  if (!is_finite(target) || (target != 0 && target != 1))
    throw DataError(component, concat("expected a target of 0 or 1, got ", target, " for sample ", sample),
                    "number the classes 0 and 1; the loss takes them for -1 and +1 itself");
}

/// What `check` of a loss on margins asks of its targets.
void expect_binary_targets(std::string_view component, Index outputs, const auto& target) {
  expect_outputs(component, outputs, target.rows());
  for (Index j = 0; j < target.cols(); ++j)
    for (Index i = 0; i < target.rows(); ++i) expect_binary(component, target(i, j), j);
}

/// The sum over samples and outputs of a cost of v = max(0, 1 - y z), where y is -1 or +1 for a target of 0
/// or 1. `slope` is the derivative of `cost`; calls take_slope(i, j, d cost / dz).
double sum_over_margins(std::string_view component, const auto& scores, const auto& target, auto&& cost,
                        auto&& slope, auto&& take_slope) {
  expect_same_shape(component, scores, target);
  double total = 0;
  for (Index j = 0; j < scores.cols(); ++j) {
    for (Index i = 0; i < scores.rows(); ++i) {
      expect_binary(component, target(i, j), j);
      const auto z = scores(i, j);
      const auto y = 2 * target(i, j) - 1;
      const auto v = 1 - y * z;
      const bool costs = v > 0;
      take_slope(i, j, costs ? -y * slope(v) : 0 * y);
      if (costs) total += static_cast<double>(cost(v));
    }
  }
  return total;
}

}  // namespace descent::detail
