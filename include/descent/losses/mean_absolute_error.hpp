#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/losses/residuals.hpp"

namespace descent {

/// Mean absolute error, over samples and outputs. A few wild targets pull it less than the squared error.
///
///   L = 1 / (k m) * sum |p - t|      dL/dp = sign(p - t) / (k m), and 0 where p = t
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct MeanAbsoluteError {
  static constexpr std::string_view name = "MeanAbsoluteError";

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
                                     [](const auto& r) { return r.sign(); });
  }

 private:
  static constexpr auto cost = [](const auto& r) { return r.abs(); };
};

}  // namespace descent
