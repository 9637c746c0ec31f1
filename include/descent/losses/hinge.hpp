#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/margins.hpp"

namespace descent {

/// Hinge loss of a support vector machine; the mean over samples and outputs.
///
///   y = 2 t - 1      L = 1/k * sum over outputs of max(0, 1 - y z)      of each sample
///   dL/dz = -1/k * y where y z < 1, else 0
///
/// The targets are classes 0 and 1, as everywhere in the library; y = -1 and +1 is what the books write. z is
/// any score, and class 1 is chosen where it is above 0, as `Accuracy` does.
///
/// Shapes   scores z [k, m]   targets t [k, m], 0 or 1
/// Throws   ShapeError when the two differ in shape; DataError when a target is neither 0 nor 1.
/// Source   Cortes, Vapnik: Support-vector networks (Machine Learning 20, 1995)
struct Hinge {
  static constexpr std::string_view name = "Hinge";
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
  static constexpr auto cost = [](auto v) { return v; };
  static constexpr auto slope = [](auto v) { return 0 * v + 1; };
};

}  // namespace descent
