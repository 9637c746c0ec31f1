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
    throw DataError(component,
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

/// Throws unless the targets have as many rows as the prediction.
inline void expect_outputs(std::string_view component, Index outputs, Index rows) {
  if (outputs != rows)
    throw ShapeError(component, concat("expected ", outputs, " target rows, one an output, got ", rows),
                     "let the last layer have one output for each row of the targets");
}

}  // namespace descent::detail
