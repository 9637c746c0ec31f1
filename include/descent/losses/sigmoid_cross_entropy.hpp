#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Binary cross-entropy of the sigmoid, computed from the logits; the mean over samples and outputs.
///
///   L = 1 / (k m) * sum -(t log s + (1 - t) log(1 - s)),  s = 1 / (1 + exp(-z))
///     = 1 / (k m) * sum max(z, 0) - z t + log(1 + exp(-|z|))           safe for any z
///   dL/dz = (s - t) / (k m)
///
/// Shapes   logits z [k, m]   targets t [k, m], in [0, 1]
/// Throws   ShapeError when the two differ in shape; DataError when a target is not in [0, 1].
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.2
struct SigmoidCrossEntropy {
  static constexpr std::string_view name = "SigmoidCrossEntropy";

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j)
      for (Index i = 0; i < target.rows(); ++i) detail::expect_probability(name, target(i, j), j);
  }

  double value(const BatchLike auto& logits, const BatchLike auto& target) const {
    return sum(logits, target, [](Index, Index, auto) {}) / static_cast<double>(logits.size());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& logits, const BatchLike auto& target, Matrix<T>& dy) const {
    const auto count = static_cast<T>(logits.size());
    dy.resize(logits.rows(), logits.cols());
    return sum(logits, target, [&](Index i, Index j, T slope) { dy(i, j) = slope / count; }) /
           static_cast<double>(count);
  }

 private:
  static double sum(const auto& logits, const auto& target, auto&& take_slope) {
    detail::expect_same_shape(name, logits, target);
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      for (Index i = 0; i < logits.rows(); ++i) {
        const auto z = logits(i, j);
        const auto t = target(i, j);
        detail::expect_probability(name, t, j);
        const auto e = std::exp(-std::abs(z));
        take_slope(i, j, (z >= 0 ? 1 : e) / (1 + e) - t);
        total += static_cast<double>((z > 0 ? z : 0) - z * t + std::log1p(e));
      }
    }
    return total;
  }
};

}  // namespace descent
