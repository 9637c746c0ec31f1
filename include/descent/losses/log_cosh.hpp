#pragma once

#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/residuals.hpp"

namespace descent::inline DESCENT_ABI {

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
struct LogCosh {
  static constexpr std::string_view name = "LogCosh";

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
  }

  template <BatchLike P>
  WeightedSum value(const P& prediction, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return detail::sum_over_residuals<typename P::Scalar>(name, prediction, target, nullptr, weights, cost,
                                                          slope);
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& prediction, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    return detail::sum_over_residuals<typename P::Scalar>(name, prediction, target, &dy, weights, cost,
                                                          slope);
  }

 private:
  static constexpr auto cost = [](const auto& r) {
    using T = typename std::remove_cvref_t<decltype(r)>::Scalar;
    constexpr T log_2 = T(0.6931471805599453);
    return r.abs() + (T(-2) * r.abs()).exp().log1p() - log_2;
  };
  static constexpr auto slope = [](const auto& r) { return r.tanh(); };
};

}  // namespace descent
