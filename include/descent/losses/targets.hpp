#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/core/sample_weights.hpp"

namespace descent::inline DESCENT_ABI {

/// The class target of a sample that losses and metrics ignore, like ignore_index in PyTorch.
inline constexpr Index ignored_class = -1;

namespace detail {

/// Returns the class index in `value`: one of 0 ... classes - 1, or `ignored_class`. Throws if it is neither.
template <class T>
Index class_index(std::string_view component, T value, Index sample, Index classes) {
  // Checked before the cast, which is undefined for values out of range.
  if (!is_finite(value) || value < T(ignored_class) || value >= static_cast<T>(classes) ||
      std::floor(value) != value)
    throw_error<DataError>(
        component, {"expected a class from 0 to ", classes - 1, ", got ", value, " for sample ", sample},
        "number the classes from 0, and let the last layer have one output for each; -1 ignores a sample");
  return static_cast<Index>(value);
}

/// Throws unless prediction and target have the same number of samples, at least one.
inline void expect_samples(std::string_view component, Index predicted, Index given) {
  if (predicted != given)
    throw_error<ShapeError>(component, {"expected ", predicted, " targets, one per prediction, got ", given},
                            "pass targets of shape [values, samples], one column per sample");
  if (predicted == 0)
    throw_error<DataError>(component, {"expected at least one sample, got none"}, "pass data");
}

/// Throws unless the targets have as many rows as the prediction, at least one.
inline void expect_outputs(std::string_view component, Index outputs, Index rows) {
  if (outputs < 1)
    throw_error<ShapeError>(component, {"expected at least 1 output, got ", outputs},
                            "let the last layer have one output for each row of the targets");
  if (outputs != rows)
    throw_error<ShapeError>(component, {"expected ", outputs, " target rows, one per output, got ", rows},
                            "let the last layer have one output for each row of the targets");
}

/// Throws unless prediction, target and weights, if any, have the same number of samples, at least one.
template <std::floating_point T>
void expect_samples(std::string_view component, Index predicted, Index given, SampleWeights<T> weights) {
  expect_samples(component, predicted, given);
  expect_weights(component, weights, predicted);
}

/// Throws unless prediction and target have the same shape and the weights, if any, have one entry per sample.
template <std::floating_point T>
void expect_same_shape(std::string_view component, const auto& prediction, const auto& target,
                       SampleWeights<T> weights) {
  expect_samples(component, prediction.cols(), target.cols(), weights);
  expect_outputs(component, prediction.rows(), target.rows());
}

/// Sets the gradient of samples of weight 0 to 0, even where not-a-number was computed.
template <std::floating_point T>
void clear_columns_without_weight(Matrix<T>& dy, SampleWeights<T> weights) {
  for (Index j = 0; j < weights.size(); ++j)
    if (weights(j) == 0) std::fill_n(dy.data() + j * dy.rows(), dy.rows(), T(0));
}

/// Throws unless a target is in [0, 1].
inline void expect_probability(std::string_view component, auto target, Index sample) {
  if (!is_finite(target) || target < 0 || target > 1)
    throw_error<DataError>(component, {"expected a target in [0, 1], got ", target, " for sample ", sample},
                           "pass probabilities, 0 or 1 where the class is known");
}

/// Throws unless every target is in [0, 1].
void expect_probability_of_each(std::string_view component, const auto& targets) {
  for (Index j = 0; j < targets.cols(); ++j)
    for (Index i = 0; i < targets.rows(); ++i) expect_probability(component, targets(i, j), j);
}

/// Throws unless the weight of targets of 1 is positive.
inline void expect_positive_weight(std::string_view component, double weight) {
  expect_positive({component, "positive_weight", weight, "choose 1 to weight both classes equally"});
}

/// Throws unless there are no class weights, or one for each class, none negative.
[[gnu::cold]] inline void expect_class_weights(std::string_view component, const std::vector<double>& weights,
                                               Index classes) {
  if (!weights.empty() && static_cast<Index>(weights.size()) != classes)
    throw_error<ShapeError>(component,
                            {"expected ", classes, " class weights, one per output, got ", weights.size()},
                            "pass a weight for each class, or none");
  for (const double w : weights)
    expect_not_negative({component, "class_weights", w, "choose 1 for a class that is not rare"});
}

/// Throws unless there are no positive weights, or one for each output, all above 0.
[[gnu::cold]] inline void expect_positive_weights(std::string_view component,
                                                  const std::vector<double>& weights, Index outputs) {
  if (!weights.empty() && static_cast<Index>(weights.size()) != outputs)
    throw_error<ShapeError>(component,
                            {"expected ", outputs, " positive weights, one per output, got ", weights.size()},
                            "pass a weight for each output, or none");
  for (const double w : weights)
    expect_positive({component, "positive_weights", w, "choose 1 for a label that is not rare"});
}

/// Throws unless the target of a sample is a distribution over the classes: probabilities with a sum of 1.
void expect_probabilities(
    std::string_view component, const auto& target, Index sample,
    std::string_view cure_of_sum = "take SigmoidCrossEntropy for several labels per sample") {
  const auto column = target.col(sample);
  const auto sum = static_cast<double>(column.sum()), least = static_cast<double>(column.minCoeff());
  if (is_finite(sum) && least < 0)
    throw_error<DataError>(component,
                           {"expected probabilities of at least 0, got ", least, " for sample ", sample},
                           "pass the probability of each class in the column of a sample");
  if (!is_finite(sum) || std::abs(sum - 1) > 1e-3)
    throw_error<DataError>(
        component, {"expected probabilities with a sum of 1, got a sum of ", sum, " for sample ", sample},
        cure_of_sum);
}

/// True if targets of `rows` rows are classes; else they are probabilities, a row for each class.
inline bool are_classes(Index rows) { return rows == 1; }

/// Throws unless targets of `rows` rows are classes, or probabilities of `classes` classes.
inline void expect_class_rows(std::string_view component, Index classes, Index rows) {
  if (classes < 2)
    throw_error<ShapeError>(component, {"expected at least 2 outputs, got ", classes},
                            "take SigmoidCrossEntropy for two classes and one output");
  if (!are_classes(rows) && rows != classes)
    throw_error<ShapeError>(component, {"expected targets of 1 or ", classes, " rows, got ", rows},
                            "pass a class in one row, or a probability for each output");
}

/// True unless the target of a sample is `ignored_class`. Throws unless the target is a class, `ignored_class` or a
/// distribution over the classes.
bool is_counted(std::string_view component, Index classes, const auto& target, Index sample) {
  if (are_classes(target.rows()))
    return class_index(component, target(0, sample), sample, classes) != ignored_class;
  expect_probabilities(component, target, sample);
  return true;
}

/// Throws unless each target is a class, `ignored_class` or a distribution over the classes.
void expect_class_targets(std::string_view component, Index classes, const auto& target) {
  expect_class_rows(component, classes, target.rows());
  for (Index j = 0; j < target.cols(); ++j) is_counted(component, classes, target, j);
}

}  // namespace detail

}  // namespace descent
