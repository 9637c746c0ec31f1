#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

namespace detail {
/// Throws unless a matrix has at least a row and a column of this number.
inline void expect_sample(std::string_view component, Index rows, Index cols, Index sample) {
  positive_features(component, rows);
  if (sample < 0 || sample >= cols)
    throw_error<DataError>(component, {"expected the number of one of ", cols, " samples, got ", sample},
                           "count the samples from 0");
}
}  // namespace detail

/// The class that a network's outputs choose for a sample: the row of the largest; of a single output, a
/// logit, 1 where it is above `threshold`, else 0.
///
/// Throws   ShapeError without outputs; DataError when there is no such sample.
Index predicted_class(const BatchLike auto& outputs, Index sample, double threshold = 0) {
  detail::expect_sample("predicted_class", outputs.rows(), outputs.cols(), sample);
  if (outputs.rows() == 1) return static_cast<double>(outputs(0, sample)) > threshold ? 1 : 0;
  Index best = 0;  // by a loop, since Eigen's maxCoeff promises no index where there is not-a-number
  for (Index i = 1; i < outputs.rows(); ++i)
    if (outputs(i, sample) > outputs(best, sample)) best = i;
  return best;
}

/// The class that a target means: its single value, or the row of the largest.
///
/// Throws   as predicted_class; DataError when the single value is not a whole number from 0 on.
Index target_class(const BatchLike auto& targets, Index sample) {
  detail::expect_sample("target_class", targets.rows(), targets.cols(), sample);
  if (targets.rows() != 1) return predicted_class(targets, sample);
  const auto value = static_cast<double>(targets(0, sample));
  if (!is_finite(value) || value < 0 || value >= 0x1p53 || std::floor(value) != value)
    throw_error<DataError>("target_class", {"expected a class, got ", value, " for sample ", sample},
                           "classes are whole numbers from 0 on");
  return static_cast<Index>(value);
}

namespace detail {

/// The number of classes that outputs of `rows` rows tell apart.
inline Index class_count(Index rows) { return rows == 1 ? 2 : rows; }

/// Throws unless targets and weights belong to the samples of the prediction, and the targets to its classes.
template <std::floating_point T>
void expect_classes(std::string_view component, const auto& prediction, const auto& target,
                    SampleWeights<T> weights) {
  expect_samples(component, prediction.cols(), target.cols(), weights);
  expect_class_rows(component, class_count(prediction.rows()), target.rows());
}

/// `target_class`, checked to be one of 0 ... classes - 1, or `ignored_class`. Targets of several rows are as `expect_classes` has them, and
/// a one-hot vector or other probabilities.
Index target_class_of(std::string_view component, const auto& targets, Index sample, Index classes) {
  if (are_classes(targets.rows())) return class_index(component, targets(0, sample), sample, classes);
  expect_probabilities(component, targets, sample, "for several labels a sample take a multilabel metric");
  return predicted_class(targets, sample);
}

/// Throws unless each target is a class that outputs of this number tell apart, or ignored.
void check_classes(std::string_view component, Index outputs, const auto& targets) {
  const Index classes = class_count(outputs);
  expect_class_rows(component, classes, targets.rows());
  for (Index j = 0; j < targets.cols(); ++j) target_class_of(component, targets, j, classes);
}

}  // namespace detail

}  // namespace descent
