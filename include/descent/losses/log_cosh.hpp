#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/losses/residuals.hpp"

namespace descent {

/// Logarithm of the hyperbolic cosine of the error: like Huber's loss, but smooth; the mean over samples and
/// outputs.
///
///   r = p - t      L = 1 / (k m) * sum log cosh r
///                    = 1 / (k m) * sum |r| + log(1 + exp(-2 |r|)) - log 2       safe for any r
///   dL/dp = tanh(r) / (k m)
///
/// Near r = 0 it is r^2 / 2, far away |r| - log 2.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct LogCosh {
  static constexpr std::string_view name = "LogCosh";

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
                                     [](const auto& r) { return r.tanh(); });
  }

 private:
  static constexpr auto cost = [](const auto& r) {
    using T = typename std::remove_cvref_t<decltype(r)>::Scalar;
    constexpr T log_2 = T(0.6931471805599453);
    return r.abs() + (T(-2) * r.abs()).exp().log1p() - log_2;
  };
};

}  // namespace descent
