#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

/// Binary cross-entropy of probabilities, such as the outputs of a `Sigmoid`; the mean over samples and outputs.
///
///   L = 1/k * sum over outputs of -(c t log p + (1 - t) log(1 - p))      for each sample
///   dL/dp = 1/k * (p - t - (c - 1) t (1 - p)) / (p (1 - p))
///
/// c, the positive weight, gives targets of 1 more weight where they are rare:
///   BinaryCrossEntropy{.positive_weight = 9}
///   BinaryCrossEntropy{.positive_weights = {9, 1, 4}}      one for each output, in place of the one for all
///
/// Logarithms are clamped to at least -100 and p (1 - p) to at least 1e-12, as in PyTorch, so that loss and gradient
/// stay finite at p = 0 and p = 1. A sigmoid that is saturated on the wrong side still learns nothing, because its
/// own derivative is 0. Prefer SigmoidCrossEntropy, which is exact there because it takes the logits.
///
/// Shapes   probabilities p [k, m]   targets t [k, m], in [0, 1]
/// Throws   ShapeError when the two differ in shape; DataError when one of them is not in [0, 1], or c not positive.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.2
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "BinaryCrossEntropy";
  static constexpr OutputKind expects = OutputKind::probabilities;

  double positive_weight = 1;                 ///< c
  std::vector<double> positive_weights = {};  ///< c of each output; empty for the same

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_positive_weight(name, positive_weight);
    detail::expect_positive_weights(name, positive_weights, outputs);
    detail::expect_outputs(name, outputs, target.rows());
    detail::expect_probability_of_each(name, target);
  }

  template <BatchLike P>
  WeightedSum value(const P& prediction, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return sum(prediction, target, weights, [](Index, Index, auto) {});
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& prediction, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    const auto outputs = static_cast<T>(prediction.rows());
    dy.resize(prediction.rows(), prediction.cols());
    return sum(prediction, target, weights,
               [&](Index i, Index j, T slope) { dy(i, j) = slope * (weights(j) / outputs); });
  }

 private:
  template <std::floating_point T>
  WeightedSum sum(const auto& prediction, const auto& target, SampleWeights<T> weights,
                  auto&& take_slope) const {
    constexpr T least_log = T(-100), least_variance = T(1e-12);
    detail::expect_positive_weight(name, positive_weight);
    detail::expect_positive_weights(name, positive_weights, prediction.rows());
    detail::expect_same_shape(name, prediction, target, weights);
    double total = 0;
    for (Index j = 0; j < prediction.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      for (Index i = 0; i < prediction.rows(); ++i) {
        const T p = prediction(i, j), t = target(i, j);
        const auto c = static_cast<T>(
            positive_weights.empty() ? positive_weight : positive_weights[static_cast<std::size_t>(i)]);
        expect_prediction(p, j);
        detail::expect_probability(name, t, j);
        take_slope(i, j, (p - t - (c - 1) * t * (1 - p)) / std::max(p * (1 - p), least_variance));
        total -= w * static_cast<double>(c * t * std::max(std::log(p), least_log) +
                                         (1 - t) * std::max(std::log1p(-p), least_log));
      }
    }
    return {total / static_cast<double>(prediction.rows()), weights.sum(prediction.cols())};
  }

  static void expect_prediction(auto p, Index sample) {
    if (!is_finite(p) || p < 0 || p > 1)
      throw DataError(name,
                      detail::joined("expected a prediction in [0, 1], got ", p, " for sample ", sample),
                      "end the network in Sigmoid, or take SigmoidCrossEntropy for logits");
  }
};

}  // namespace descent
