#pragma once

#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/residuals.hpp"

namespace descent::inline DESCENT_ABI {

/// Mean squared error, over samples and outputs. The factor is 1, not 1/2.
///
///   L = 1/k * sum over outputs of r^2,  r = p - t      dL/dp = 2/k * r      for each sample
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
/// Example  examples/08_housing.cpp
struct MeanSquaredError {
  static constexpr std::string_view name = "MeanSquaredError";

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
  static constexpr auto cost = [](const auto& r) { return r.square(); };
  static constexpr auto slope = [](const auto& r) { return 2 * r; };
};

}  // namespace descent
