#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Binary cross-entropy from probabilities, as behind a `Sigmoid`; the mean over samples and outputs.
///
///   L = 1 / (k m) * sum -(t log p + (1 - t) log(1 - p))
///   dL/dp = (p - t) / (p (1 - p)) / (k m)
///
/// Where p is 0 or 1 a logarithm counts as -100 instead of minus infinity, and p (1 - p) as 1e-12 at least,
/// as in PyTorch: cost and gradient stay finite. A sigmoid that is saturated on the wrong side still learns
/// nothing, because its own slope is 0; SigmoidCrossEntropy, from the logits, is exact there. Prefer it.
///
/// Shapes   probabilities p [k, m]   targets t [k, m], in [0, 1]
/// Throws   ShapeError when the two differ in shape; DataError when one of them is not in [0, 1].
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.2
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "BinaryCrossEntropy";
  static constexpr OutputKind expects = OutputKind::probabilities;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j)
      for (Index i = 0; i < target.rows(); ++i) detail::expect_probability(name, target(i, j), j);
  }

  double value(const BatchLike auto& prediction, const BatchLike auto& target) const {
    return sum(prediction, target, [](Index, Index, auto) {}) / static_cast<double>(prediction.size());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& prediction, const BatchLike auto& target,
                            Matrix<T>& dy) const {
    const auto count = static_cast<T>(prediction.size());
    dy.resize(prediction.rows(), prediction.cols());
    return sum(prediction, target, [&](Index i, Index j, T slope) { dy(i, j) = slope / count; }) /
           static_cast<double>(count);
  }

 private:
  static double sum(const auto& prediction, const auto& target, auto&& take_slope) {
    using T = typename std::remove_cvref_t<decltype(prediction)>::Scalar;
    constexpr T least_log = T(-100), least_variance = T(1e-12);
    detail::expect_same_shape(name, prediction, target);
    double total = 0;
    for (Index j = 0; j < prediction.cols(); ++j) {
      for (Index i = 0; i < prediction.rows(); ++i) {
        const T p = prediction(i, j), t = target(i, j);
        expect_prediction(p, j);
        detail::expect_probability(name, t, j);
        take_slope(i, j, (p - t) / std::max(p * (1 - p), least_variance));
        total -= static_cast<double>(t * std::max(std::log(p), least_log) +
                                     (1 - t) * std::max(std::log1p(-p), least_log));
      }
    }
    return total;
  }

  static void expect_prediction(auto p, Index sample) {
    if (!is_finite(p) || p < 0 || p > 1)
      throw DataError(name, concat("expected a prediction in [0, 1], got ", p, " for sample ", sample),
                      "end the network in Sigmoid, or take SigmoidCrossEntropy for logits");
  }
};

}  // namespace descent
