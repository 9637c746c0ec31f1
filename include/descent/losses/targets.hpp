#pragma once

#include <cmath>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"

namespace descent::detail {

/// The class index that stands in `value`, checked to be one of 0 ... classes - 1.
template <class T>
Index class_index(std::string_view component, T value, Index sample, Index classes) {
  // Written so that not-a-number fails too, before the cast that it would make undefined.
  if (!(value >= T(0) && value < static_cast<T>(classes) && std::floor(value) == value))
    throw DataError(
        component,
        concat("expected a class from 0 to ", classes - 1, ", got ", value, " for sample ", sample),
        "number the classes from 0, and let the last layer have one output for each");
  return static_cast<Index>(value);
}

/// Throws unless prediction and target belong to the same samples.
inline void expect_samples(std::string_view component, Index predicted, Index given) {
  if (predicted != given)
    throw ShapeError(component, concat("expected ", predicted, " targets, one a prediction, got ", given),
                     "targets are [values, samples], one column a sample");
  if (predicted == 0) throw DataError(component, "expected at least one sample, got none", "hand in data");
}

/// Throws unless the targets have as many rows as the prediction, and there is one.
inline void expect_outputs(std::string_view component, Index outputs, Index rows) {
  if (outputs < 1)
    throw ShapeError(component, concat("expected at least 1 output, got ", outputs),
                     "let the last layer have one output for each row of the targets");
  if (outputs != rows)
    throw ShapeError(component, concat("expected ", outputs, " target rows, one an output, got ", rows),
                     "let the last layer have one output for each row of the targets");
}

/// Throws unless prediction and target have the same shape.
void expect_same_shape(std::string_view component, const auto& prediction, const auto& target) {
  expect_samples(component, prediction.cols(), target.cols());
  expect_outputs(component, prediction.rows(), target.rows());
}

/// Throws unless a target lies in [0, 1].
inline void expect_probability(std::string_view component, auto target, Index sample) {
  if (!(target >= 0 && target <= 1))
    throw DataError(component, concat("expected a target in [0, 1], got ", target, " for sample ", sample),
                    "targets are probabilities, 0 or 1 where the class is known");
}

/// Throws when one of the probabilities that the target of a sample consists of is negative.
void expect_probabilities(std::string_view component, const auto& target, Index sample) {
  if (!(target.col(sample).array() >= 0).all())
    throw DataError(component,
                    concat("expected probabilities of at least 0, got ", target.col(sample).minCoeff(),
                           " for sample ", sample),
                    "a target column holds the probability of each class");
}

/// Whether targets of `rows` rows are classes; else they are probabilities, a row for each class.
inline bool are_classes(Index rows) { return rows == 1; }

/// Throws unless targets of `rows` rows are classes, or probabilities of so many classes.
inline void expect_class_rows(std::string_view component, Index classes, Index rows) {
  if (classes < 2)
    throw ShapeError(component, concat("expected at least 2 outputs, got ", classes),
                     "for two classes and one output take SigmoidCrossEntropy");
  if (!are_classes(rows) && rows != classes)
    throw ShapeError(component, concat("expected targets of 1 or ", classes, " rows, got ", rows),
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
