#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/losses/residuals.hpp"

namespace descent {

/// Mean squared error, over samples and outputs. The factor is 1, not 1/2.
///
///   L = 1 / (k m) * sum (p - t)^2      dL/dp = 2 / (k m) * (p - t)
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct MeanSquaredError {
  static constexpr std::string_view name = "MeanSquaredError";

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
  }

  double value(const BatchLike auto& prediction, const BatchLike auto& target) const {
    return detail::mean_of_residuals(name, prediction, target, cost);
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& prediction, const BatchLike auto& target,
                            Matrix<T>& dy) const {
    return detail::mean_of_residuals(name, prediction, target, dy, cost,
                                     [](const auto& r) { return T(2) * r; });
  }

 private:
  static constexpr auto cost = [](const auto& r) { return r.square(); };
};

}  // namespace descent
