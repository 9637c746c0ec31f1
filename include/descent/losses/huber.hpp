#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/options.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/residuals.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// Huber loss: quadratic in small errors, linear in large ones; the mean over samples and outputs.
///
///   L = 1/k * sum over outputs of { r^2 / 2                 where |r| <= delta,  r = p - t      for each sample
///                                 { delta (|r| - delta / 2) elsewhere
///   dL/dp = 1/k * clamp(r, -delta, delta)
///
/// PyTorch's SmoothL1Loss with beta is this loss with delta = beta, divided by beta.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape; DataError when delta is not positive.
/// Source   Huber: Robust estimation of a location parameter (Annals of Mathematical Statistics 35, 1964)
struct Huber {
  static constexpr std::string_view name = "Huber";

  double delta = 1;

  void check(Index outputs, const BatchLike auto& target) const {
    expect_delta();
    detail::expect_outputs(name, outputs, target.rows());
  }

  template <BatchLike P>
  WeightedSum value(const P& prediction, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return sum<typename P::Scalar>(prediction, target, nullptr, weights, single_thread);
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& prediction, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {},
                                 Workers& workers = single_thread) const {
    return sum<typename P::Scalar>(prediction, target, &dy, weights, workers);
  }

 private:
  /// With q = min(|r|, delta) both branches of the loss are q (|r| - q / 2).
  template <std::floating_point T>
  WeightedSum sum(const Batch<T>& prediction, const Batch<T>& target, Matrix<T>* dy, SampleWeights<T> weights,
                  Workers& workers) const {
    expect_delta();
    const T d = T(delta);
    return detail::sum_over_residuals(
        name, prediction, target, dy, weights, workers,
        [d](const auto& r) { return r.abs().min(d) * (r.abs() - T(0.5) * r.abs().min(d)); },
        [d](const auto& r) { return r.min(d).max(-d); });
  }

  void expect_delta() const {
    expect_positive({name, "delta", delta, "choose the residual beyond which the loss is linear"});
  }
};

}  // namespace descent
