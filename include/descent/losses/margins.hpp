#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A loss of margins y z, where y is -1 or +1 for a target of 0 or 1; the mean over samples and outputs. `Cost` has a
/// name, the cost of a violation v = 1 - y z > 0 of the margin, and its derivative `slope`.
template <class Cost>
struct MarginLoss {
  static constexpr std::string_view name = Cost::name;
  static constexpr OutputKind expects = OutputKind::scores;

  double positive_weight = 1;  ///< c, the weight of targets of 1

  void check(Index outputs, const BatchLike auto& target) const {
    expect_positive_weight(name, positive_weight);
    expect_outputs(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j)
      for (Index i = 0; i < target.rows(); ++i) expect_binary(target(i, j), j);
  }

  template <BatchLike P>
  WeightedSum value(const P& scores, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return sum(scores, target, weights, [](Index, Index, auto, auto) {});
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& scores, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    const auto outputs = static_cast<T>(scores.rows());
    dy.resize(scores.rows(), scores.cols());
    return sum(scores, target, weights, [&](Index i, Index j, T y, T v) {
      dy(i, j) =
          v > 0 && weights(j) != 0 ? -y * weight_of(y) * Cost::slope(v) * (weights(j) / outputs) : T(0);
    });
  }

 private:
  /// Calls take_margin(i, j, y, v) for each score.
  template <std::floating_point T>
  WeightedSum sum(const auto& scores, const auto& target, SampleWeights<T> weights,
                  auto&& take_margin) const {
    expect_positive_weight(name, positive_weight);
    expect_same_shape(name, scores, target, weights);
    double total = 0;
    for (Index j = 0; j < scores.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      for (Index i = 0; i < scores.rows(); ++i) {
        expect_binary(target(i, j), j);
        const T y = 2 * target(i, j) - 1;
        const T v = 1 - y * scores(i, j);
        take_margin(i, j, y, v);
        if (v > 0 && w != 0) total += w * static_cast<double>(weight_of(y) * Cost::cost(v));
      }
    }
    return {total / static_cast<double>(scores.rows()), weights.sum(scores.cols())};
  }

  template <std::floating_point T>
  T weight_of(T y) const {
    return y > 0 ? static_cast<T>(positive_weight) : T(1);
  }

  static void expect_binary(auto target, Index sample) {
    if (!is_finite(target) || (target != 0 && target != 1))
      throw DataError(name, joined("expected a target of 0 or 1, got ", target, " for sample ", sample),
                      "number the classes 0 and 1, not -1 and +1");
  }
};

}  // namespace descent::detail
