#pragma once

#include <cmath>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

namespace descent::detail {

/// The class index that stands in `value`, checked to be one of 0 ... classes - 1.
template <class T>
Index class_index(std::string_view component, T value, Index sample, Index classes) {
  // Before the cast, which is undefined for what is no class.
  if (!is_finite(value) || value < T(0) || value >= static_cast<T>(classes) || std::floor(value) != value)
    throw_error<DataError>(
        component, {"expected a class from 0 to ", classes - 1, ", got ", value, " for sample ", sample},
        "number the classes from 0, and let the last layer have one output for each");
  return static_cast<Index>(value);
}

/// Throws unless prediction and target belong to the same samples.
inline void expect_samples(std::string_view component, Index predicted, Index given) {
  if (predicted != given)
    throw_error<ShapeError>(component, {"expected ", predicted, " targets, one a prediction, got ", given},
                            "targets are [values, samples], one column a sample");
  if (predicted == 0)
    throw_error<DataError>(component, {"expected at least one sample, got none"}, "hand in data");
}

/// Throws unless the targets have as many rows as the prediction, and there is one.
inline void expect_outputs(std::string_view component, Index outputs, Index rows) {
  if (outputs < 1)
    throw ShapeError(component, concat("expected at least 1 output, got ", outputs),
                     "let the last layer have one output for each row of the targets");
  if (outputs != rows)
    throw_error<ShapeError>(component, {"expected ", outputs, " target rows, one an output, got ", rows},
                            "let the last layer have one output for each row of the targets");
}

/// Throws unless prediction and target have the same shape.
void expect_same_shape(std::string_view component, const auto& prediction, const auto& target) {
  expect_samples(component, prediction.cols(), target.cols());
  expect_outputs(component, prediction.rows(), target.rows());
}

/// Throws unless a target lies in [0, 1].
inline void expect_probability(std::string_view component, auto target, Index sample) {
  if (!is_finite(target) || target < 0 || target > 1)
    throw_error<DataError>(component, {"expected a target in [0, 1], got ", target, " for sample ", sample},
                           "targets are probabilities, 0 or 1 where the class is known");
}

/// Throws unless the target of a sample consists of the probabilities of the classes, with a sum of 1.
void expect_probabilities(
    std::string_view component, const auto& target, Index sample,
    std::string_view cure_of_sum = "for several labels a sample take SigmoidCrossEntropy") {
  const auto column = target.col(sample);
  const auto sum = static_cast<double>(column.sum()), least = static_cast<double>(column.minCoeff());
  if (is_finite(sum) && least < 0)
    throw_error<DataError>(component,
                           {"expected probabilities of at least 0, got ", least, " for sample ", sample},
                           "a target column holds the probability of each class");
  if (!is_finite(sum) || std::abs(sum - 1) > 1e-3)
    throw_error<DataError>(
        component, {"expected probabilities with a sum of 1, got a sum of ", sum, " for sample ", sample},
        cure_of_sum);
}

/// Whether targets of `rows` rows are classes; else they are probabilities, a row for each class.
inline bool are_classes(Index rows) { return rows == 1; }

/// Throws unless targets of `rows` rows are classes, or probabilities of so many classes.
inline void expect_class_rows(std::string_view component, Index classes, Index rows) {
  if (classes < 2)
    throw_error<ShapeError>(component, {"expected at least 2 outputs, got ", classes},
                            "for two classes and one output take SigmoidCrossEntropy");
  if (!are_classes(rows) && rows != classes)
    throw_error<ShapeError>(component, {"expected targets of 1 or ", classes, " rows, got ", rows},
                            "a target is a class in one row, or a probability for each output");
}

/// Throws unless the target of a sample is a class that there is, or probabilities.
void expect_class_target(std::string_view component, Index classes, const auto& target, Index sample) {
  if (are_classes(target.rows()))
    class_index(component, target(0, sample), sample, classes);
  else
    expect_probabilities(component, target, sample);
}

}  // namespace descent::detail
