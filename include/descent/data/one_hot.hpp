#pragma once

#include <cmath>
#include <concepts>
#include <limits>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Encodes class labels as one-hot columns.
///
///   one_hot(labels, 3)      0 2 1   ->   1 0 0
///                                        0 0 1
///                                        0 1 0
///
/// Shapes   labels [1, m] -> [classes, m]
/// Throws   ShapeError unless there is one row of labels and at least one class; DataError for a label that is not an
///          integer from 0 to classes - 1, or if there is no memory for the result.
template <std::floating_point T>
Matrix<T> one_hot(const Matrix<T>& labels, Index classes) {
  if (labels.rows() != 1)
    throw ShapeError("one_hot", detail::joined("expected one row of classes, got ", labels.rows(), " rows"),
                     "pass labels of shape [1, samples]");
  if (classes < 1)
    throw ShapeError("one_hot", detail::joined("expected at least one class, got ", classes),
                     "pass the number of classes, which is the largest label plus 1");
  Matrix<T> columns = filled<Matrix<T>>("one_hot", classes, labels.cols(), T(0));
  for (Index j = 0; j < labels.cols(); ++j) {
    const T label = labels(0, j);
    if (!is_finite(label) || label < T(0) || label >= static_cast<T>(classes) || label != std::floor(label))
      throw DataError(
          "one_hot",
          detail::joined("expected a class from 0 to ", classes - 1, ", got ",
                         detail::number_text(static_cast<double>(label), std::chars_format::general,
                                             std::numeric_limits<T>::max_digits10),
                         " for sample ", j),
          "number the classes from 0");
    columns(static_cast<Index>(label), j) = T(1);
  }
  return columns;
}

/// Decodes one-hot columns into class labels. For probabilities use `target_class`, which finds the largest.
///
/// Shapes   columns [classes, m] -> [1, m]
/// Throws   DataError for a column that is not one-hot.
template <std::floating_point T>
Matrix<T> from_one_hot(const Matrix<T>& columns) {
  Matrix<T> labels(1, columns.cols());
  for (Index j = 0; j < columns.cols(); ++j) {
    const auto column = columns.col(j).array();
    const Index ones = (column == T(1)).count();
    if (!all_finite(column) || ones != 1 || (column == T(0)).count() != columns.rows() - 1)
      throw DataError("from_one_hot",
                      detail::joined("expected a one-hot column, got other values for sample ", j),
                      "pass [classes, samples]; transpose the matrix if its rows are samples");
    Index label = 0;
    column.maxCoeff(&label);
    labels(0, j) = static_cast<T>(label);
  }
  return labels;
}

}  // namespace descent
