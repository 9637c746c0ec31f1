#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"

namespace descent::detail {

/// Throws unless a target is 0 or 1.
inline void expect_binary(std::string_view component, auto target, Index sample) {
  if (!is_finite(target) || (target != 0 && target != 1))
    throw DataError(component, joined("expected a target of 0 or 1, got ", target, " for sample ", sample),
                    "number the classes 0 and 1; the loss takes them for -1 and +1 itself");
}

/// Checks the targets of a loss on margins: as many rows as outputs, and 0 or 1 in each.
void expect_binary_targets(std::string_view component, Index outputs, const auto& target) {
  expect_outputs(component, outputs, target.rows());
  for (Index j = 0; j < target.cols(); ++j)
    for (Index i = 0; i < target.rows(); ++i) expect_binary(component, target(i, j), j);
}

/// The sum over samples of a cost of v = max(0, 1 - y z), where y is -1 or +1 for a target of 0 or 1, which is a mean
/// over the outputs of a sample. Calls take_margin(i, j, y, v) for each.
template <std::floating_point T>
WeightedSum sum_over_margins(std::string_view component, const auto& scores, const auto& target,
                             SampleWeights<T> weights, auto&& cost, auto&& take_margin) {
  expect_same_shape(component, scores, target, weights);
  double total = 0;
  for (Index j = 0; j < scores.cols(); ++j) {
    const auto w = static_cast<double>(weights(j));
    for (Index i = 0; i < scores.rows(); ++i) {
      expect_binary(component, target(i, j), j);
      const T y = 2 * target(i, j) - 1;
      const T v = 1 - y * scores(i, j);
      take_margin(i, j, y, v);
      if (v > 0 && w != 0) total += w * static_cast<double>(cost(v));
    }
  }
  return {total / static_cast<double>(scores.rows()), weights.sum(scores.cols())};
}

template <std::floating_point T>
WeightedSum sum_over_margins(std::string_view component, const auto& scores, const auto& target,
                             SampleWeights<T> weights, auto&& cost) {
  return sum_over_margins(component, scores, target, weights, cost, [](Index, Index, T, T) {});
}

/// The same, and its gradient; `slope` is the derivative of `cost`.
template <std::floating_point T>
WeightedSum sum_over_margins(std::string_view component, const auto& scores, const auto& target,
                             Matrix<T>& dy, SampleWeights<T> weights, auto&& cost, auto&& slope) {
  dy.resize(scores.rows(), scores.cols());
  const auto outputs = static_cast<T>(scores.rows());
  return sum_over_margins(component, scores, target, weights, cost, [&](Index i, Index j, T y, T v) {
    dy(i, j) = v > 0 && weights(j) != 0 ? -y * slope(v) * (weights(j) / outputs) : T(0);
  });
}

}  // namespace descent::detail
