#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
/// Throws unless a matrix has at least one row, and a column `sample`.
inline void expect_sample(std::string_view component, Index rows, Index cols, Index sample) {
  positive_features(component, rows);
  if (sample < 0 || sample >= cols)
    throw_error<DataError>(component, {"expected a sample from 0 to ", cols - 1, ", got ", sample},
                           "count the samples from 0");
}
}  // namespace detail

/// Returns the class that the outputs of a network predict for a sample: the row of the largest; for a single output,
/// 1 if it is above `threshold`, else 0.
///
/// Throws   ShapeError when there are no outputs; DataError when the sample is out of range.
Index predicted_class(const BatchLike auto& outputs, Index sample, double threshold = 0) {
  detail::expect_sample("predicted_class", outputs.rows(), outputs.cols(), sample);
  if (outputs.rows() == 1) return static_cast<double>(outputs(0, sample)) > threshold ? 1 : 0;
  Index best = 0;  // by a loop, since the index of Eigen's maxCoeff is unspecified for not-a-number
  for (Index i = 1; i < outputs.rows(); ++i)
    if (outputs(i, sample) > outputs(best, sample)) best = i;
  return best;
}

/// Returns the class of a target: its single value, or the row of the largest.
///
/// Throws   as predicted_class; DataError when the single value is not an integer of 0 or more.
Index target_class(const BatchLike auto& targets, Index sample) {
  detail::expect_sample("target_class", targets.rows(), targets.cols(), sample);
  if (targets.rows() != 1) return predicted_class(targets, sample);
  const auto value = static_cast<double>(targets(0, sample));
  if (!is_finite(value) || value < 0 || value >= 0x1p53 || std::floor(value) != value)
    throw_error<DataError>("target_class", {"expected a class, got ", value, " for sample ", sample},
                           "number the classes from 0");
  return static_cast<Index>(value);
}

namespace detail {

/// Returns the number of classes that `rows` outputs distinguish.
inline Index class_count(Index rows) { return rows == 1 ? 2 : rows; }

/// Throws unless targets and weights match the samples of the prediction, and the rows of the targets its classes.
template <std::floating_point T>
void expect_classes(std::string_view component, const auto& prediction, const auto& target,
                    SampleWeights<T> weights) {
  expect_samples(component, prediction.cols(), target.cols(), weights);
  expect_class_rows(component, class_count(prediction.rows()), target.rows());
}

/// Returns the class of a target, one of 0 ... classes - 1 or `ignored_class`; throws if it is neither. Targets of
/// several rows, whose number `expect_classes` checks, are one-hot vectors or other probabilities.
Index target_class_of(std::string_view component, const auto& targets, Index sample, Index classes) {
  if (are_classes(targets.rows())) return class_index(component, targets(0, sample), sample, classes);
  expect_probabilities(component, targets, sample, "take a multilabel metric for several labels per sample");
  return predicted_class(targets, sample);
}

/// Throws unless each target is a class that `outputs` outputs distinguish, or `ignored_class`.
void check_classes(std::string_view component, Index outputs, const auto& targets) {
  const Index classes = class_count(outputs);
  expect_class_rows(component, classes, targets.rows());
  for (Index j = 0; j < targets.cols(); ++j) target_class_of(component, targets, j, classes);
}

}  // namespace detail

}  // namespace descent
