#pragma once

#include <string_view>
#include <type_traits>

#include "descent/losses/residuals.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct LogCoshCost {
  static constexpr std::string_view name = "LogCosh";
  static constexpr auto cost = [](const auto& r) {
    using T = typename std::remove_cvref_t<decltype(r)>::Scalar;
    constexpr T log_2 = T(0.6931471805599453);
    return r.abs() + (T(-2) * r.abs()).exp().log1p() - log_2;
  };
  static constexpr auto slope = [](const auto& r) { return r.tanh(); };
};
}  // namespace detail

/// Logarithm of the hyperbolic cosine of the error: like the Huber loss, but smooth; the mean over samples and
/// outputs.
///
///   L = 1/k * sum over outputs of log cosh r,  r = p - t                            for each sample
///     = 1/k * sum over outputs of |r| + log(1 + exp(-2 |r|)) - log 2       safe for any r
///   dL/dp = 1/k * tanh r
///
/// It is close to r^2 / 2 for small r and to |r| - log 2 for large |r|.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct LogCosh : detail::ResidualLoss<detail::LogCoshCost> {};

}  // namespace descent
