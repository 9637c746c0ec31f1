#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/losses/targets.hpp"

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
    expect_fit(prediction, target);
    return static_cast<double>((prediction - target).squaredNorm()) / static_cast<double>(prediction.size());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& prediction, const BatchLike auto& target,
                            Matrix<T>& dy) const {
    expect_fit(prediction, target);
    const auto count = static_cast<T>(prediction.size());
    dy = prediction - target;
    const double loss = static_cast<double>(dy.squaredNorm()) / static_cast<double>(count);
    dy *= T(2) / count;
    return loss;
  }

 private:
  static void expect_fit(const auto& prediction, const auto& target) {
    detail::expect_samples(name, prediction.cols(), target.cols());
    detail::expect_outputs(name, prediction.rows(), target.rows());
  }
};

}  // namespace descent
