#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <iomanip>
#include <ostream>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/metrics/classes.hpp"

namespace descent {

/// How often each class was taken for each: counts()(actual, predicted). Prints as a table.
///
/// Shapes   prediction [classes, m], or [1, m] for two classes   target [1, m] or [classes, m]
/// Throws   DataError when a target is not one of the classes, ShapeError when the prediction has too many.
/// Example  examples/01_digits.cpp
class ConfusionMatrix {
 public:
  static constexpr std::string_view name = "ConfusionMatrix";
  using Counts = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic>;

  explicit ConfusionMatrix(Index classes) : counts_(Counts::Zero(classes, classes)) {}

  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    if (prediction.rows() > classes())
      throw ShapeError(name, concat("expected at most ", classes(), " outputs, got ", prediction.rows()),
                       "construct it with the number of classes");
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index actual = target_class(target, j);
      if (actual < 0 || actual >= classes())
        throw DataError(name, concat("expected a class from 0 to ", classes() - 1, ", got ", actual),
                        "construct it with the number of classes");
      ++counts_(actual, predicted_class(prediction, j));
    }
  }
  void merge(const ConfusionMatrix& other) { counts_ += other.counts_; }
  const ConfusionMatrix& value() const { return *this; }

  Index classes() const { return counts_.rows(); }
  const Counts& counts() const { return counts_; }

  friend std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix) {
    constexpr int width = 6;
    out << "actual \\ predicted\n" << std::setw(width) << ' ';
    for (Index j = 0; j < matrix.classes(); ++j) out << std::setw(width) << j;
    for (Index i = 0; i < matrix.classes(); ++i) {
      out << '\n' << std::setw(width) << i;
      for (Index j = 0; j < matrix.classes(); ++j) {
        out << std::setw(width);
        if (matrix.counts_(i, j) == 0) out << '.';
        else out << matrix.counts_(i, j);
      }
    }
    return out << '\n';
  }

 private:
  Counts counts_;
};

}  // namespace descent
