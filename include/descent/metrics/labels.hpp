#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Throws unless every target is 0 or 1.
void expect_labels(std::string_view component, const auto& target) {
  for (Index j = 0; j < target.cols(); ++j)
    for (Index i = 0; i < target.rows(); ++i)
      if (const auto t = target(i, j); !is_finite(t) || (t != 0 && t != 1))
        throw DataError(component, joined("expected targets of 0 or 1, got ", t, " for sample ", j),
                        "pass a row for each label: 1 where the sample has it, else 0");
}

/// Throws unless the targets are 0 or 1, as many as the outputs of the prediction, and the weights match the samples.
template <std::floating_point T>
void expect_labels(std::string_view component, const auto& prediction, const auto& target,
                   SampleWeights<T> weights) {
  expect_same_shape(component, prediction, target, weights);
  expect_labels(component, target);
}

/// True for each label of a sample that is predicted correctly; a label is predicted if its output is above
/// `threshold`.
auto right_labels(const auto& prediction, const auto& target, Index sample, double threshold) {
  using T = typename std::remove_cvref_t<decltype(prediction)>::Scalar;
  return (prediction.col(sample).array() > T(threshold)) == (target.col(sample).array() > T(0));
}

/// Throws unless the targets are 0 or 1, with a row for each output.
void check_labels(std::string_view component, Index outputs, const auto& target) {
  expect_outputs(component, outputs, target.rows());
  expect_labels(component, target);
}

}  // namespace descent::detail
