#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/losses/targets.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Binary cross-entropy of the sigmoid, computed from the logits; the mean over samples and outputs.
///
///   L = 1/k * sum over outputs of -(c t log s + (1 - t) log(1 - s)),  s = 1 / (1 + exp(-z))      for each sample
///     = 1/k * sum over outputs of (1 - t) z + (1 + (c - 1) t) (log(1 + exp(-|z|)) + max(-z, 0))      safe for any z
///   dL/dz = 1/k * ((s - t) - (c - 1) t (1 - s))
///
/// c, the positive weight, gives targets of 1 more weight where they are rare:
///   SigmoidCrossEntropy{.positive_weight = 9}
///   SigmoidCrossEntropy{.positive_weights = {9, 1, 4}}      one for each output, in place of the one for all
///
/// Shapes   logits z [k, m]   targets t [k, m], in [0, 1]
/// Throws   ShapeError when the two differ in shape; DataError when a target is not in [0, 1], or c not positive.
/// Cost     one exponential per logit; with weights of the outputs on a single thread, and not vectorized.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.2; c as pos_weight of PyTorch's BCEWithLogitsLoss
/// Example  examples/02_initialization.cpp
struct SigmoidCrossEntropy {
  static constexpr std::string_view name = "SigmoidCrossEntropy";
  static constexpr OutputKind expects = OutputKind::scores;

  double positive_weight = 1;                 ///< c
  std::vector<double> positive_weights = {};  ///< c of each output; empty for the same

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_positive_weight(name, positive_weight);
    detail::expect_positive_weights(name, positive_weights, outputs);
    detail::expect_outputs(name, outputs, target.rows());
    detail::expect_probability_of_each(name, target);
  }

  template <BatchLike P>
  WeightedSum value(const P& logits, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    expect_fit<T>(logits, target, weights);
    if (!positive_weights.empty()) return by_output(logits, target, weights, [](Index, Index, T) {});
    double total = 0;
    weights.for_each_range(logits.cols(), [&](Index first, Index count, T w) {
      const Part range{first * logits.rows(), count * logits.rows()};
      const auto z = flat(logits, range), t = flat(target, range);
      total += static_cast<double>(w) * cost(z, t, (-z.abs()).exp());
    });
    return {total / static_cast<double>(logits.rows()), weights.sum(logits.cols())};
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& logits, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {},
                                 Workers& workers = single_thread) const {
    using T = typename P::Scalar;
    expect_fit<T>(logits, target, weights);
    const Index outputs = logits.rows();
    const T more = static_cast<T>(positive_weight - 1);
    dy.resize(outputs, logits.cols());
    if (!positive_weights.empty())
      return by_output(logits, target, weights, [&](Index i, Index j, T slope) { dy(i, j) = slope; });
    const double total = sum_over_numbers(workers, logits.size(), [&](const Part& numbers) {
      double sum = 0;
      for (Index i = numbers.first, end = i + numbers.count, next = i; i < end; i = next) {
        const Index sample = i / outputs;
        next = weights.empty() ? end : std::min(end, (sample + 1) * outputs);
        const T w = weights(sample), scale = w / static_cast<T>(outputs);
        if (w == 0) continue;
        const Part range{i, next - i};
        const auto z = flat(logits, range), t = flat(target, range);
        auto e = flat(dy, range);
        e = (-z.abs()).exp();
        sum += static_cast<double>(w) * cost(z, t, e);
        const auto sigmoid = (z >= 0).select(T(1), e) / (1 + e);
        if (more == 0)
          e = (sigmoid - t) * scale;
        else
          e = (sigmoid - t - more * t * (1 - sigmoid)) * scale;
      }
      return sum;
    });
    detail::clear_columns_without_weight(dy, weights);
    return {total / static_cast<double>(outputs), weights.sum(logits.cols())};
  }

 private:
  /// Returns the loss with a weight for each output, and calls take_slope(i, j, dL/dz) for each logit.
  template <std::floating_point T>
  WeightedSum by_output(const auto& logits, const auto& target, SampleWeights<T> weights,
                        auto&& take_slope) const {
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      const T w = weights(j);
      for (Index i = 0; i < logits.rows(); ++i) {
        const T z = logits(i, j), t = target(i, j),
                c = static_cast<T>(positive_weights[static_cast<std::size_t>(i)]);
        const T e = std::exp(-std::abs(z)), sigmoid = (z >= 0 ? T(1) : e) / (1 + e);
        take_slope(i, j,
                   w == 0
                       ? T(0)
                       : (sigmoid - t - (c - 1) * t * (1 - sigmoid)) * (w / static_cast<T>(logits.rows())));
        if (w == 0) continue;
        total +=
            static_cast<double>(w * ((1 - t) * z + (1 + (c - 1) * t) * (std::log1p(e) + std::max(-z, T(0)))));
      }
    }
    return {total / static_cast<double>(logits.rows()), weights.sum(logits.cols())};
  }

  /// Returns the sum of the losses, given e = exp(-|z|).
  double cost(const auto& z, const auto& t, const auto& e) const {
    using T = typename std::remove_cvref_t<decltype(z)>::Scalar;
    const auto plain = z.max(T(0)) - z * t + e.log1p();
    if (positive_weight == 1) return static_cast<double>(plain.sum());
    const T more = static_cast<T>(positive_weight - 1);
    return static_cast<double>((plain + more * t * (e.log1p() + (-z).max(T(0)))).sum());
  }

  template <std::floating_point T>
  void expect_fit(Batch<T> z, Batch<T> t, SampleWeights<T> weights) const {
    detail::expect_positive_weight(name, positive_weight);
    detail::expect_positive_weights(name, positive_weights, z.rows());
    detail::expect_same_shape(name, z, t, weights);
    const auto targets = flat(t);
    if (!all_finite(targets) || !(targets >= 0 && targets <= 1).all())
      detail::expect_probability_of_each(name, t);
  }
};

}  // namespace descent
