#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/margins.hpp"

namespace descent {

/// Squared hinge loss: smooth where the hinge loss has its corner; the mean over samples and outputs.
///
///   y = 2 t - 1      L = 1/k * sum over outputs of max(0, 1 - y z)^2      of each sample
///   dL/dz = -2/k * y max(0, 1 - y z)
///
/// The targets are classes 0 and 1, as for `Hinge`.
///
/// Shapes   scores z [k, m]   targets t [k, m], 0 or 1
/// Throws   ShapeError when the two differ in shape; DataError when a target is neither 0 nor 1.
/// Source   Tang: Deep learning using linear support vector machines (arXiv 1306.0239, 2013)
struct SquaredHinge {
  static constexpr std::string_view name = "SquaredHinge";
  static constexpr OutputKind expects = OutputKind::scores;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_binary_targets(name, outputs, target);
  }

  template <BatchLike P>
  WeightedSum value(const P& scores, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return detail::sum_over_margins(name, scores, target, weights, cost);
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& scores, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    return detail::sum_over_margins(name, scores, target, dy, weights, cost, slope);
  }

 private:
  static constexpr auto cost = [](auto v) { return v * v; };
  static constexpr auto slope = [](auto v) { return 2 * v; };
};

}  // namespace descent
