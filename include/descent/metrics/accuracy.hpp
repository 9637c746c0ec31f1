#pragma once

#include <cstdint>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/metrics/classes.hpp"

namespace descent {

/// The share of samples whose class is predicted right.
///
/// Several outputs: the class is the row of the largest. One output: class 1 where it is above `threshold`;
/// 0 suits logits, 0.5 a network that ends in a sigmoid.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, DataError when a target is not one of the classes.
struct Accuracy {
  static constexpr std::string_view name = "accuracy";
  double threshold = 0;
  std::int64_t right = 0;  ///< what was counted so far
  std::int64_t seen = 0;

  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    detail::expect_classes(name, prediction, target);
    const Index classes = detail::class_count(prediction.rows());
    std::int64_t hits = 0;
    for (Index j = 0; j < prediction.cols(); ++j)
      hits += predicted_class(prediction, j, threshold) == detail::target_class_of(name, target, j, classes);
    right += hits;
    seen += prediction.cols();
  }
  void merge(const Accuracy& other) {
    right += other.right;
    seen += other.seen;
  }
  /// Not-a-number before the first sample.
  double value() const { return static_cast<double>(right) / static_cast<double>(seen); }
  void visit_members(auto& a) { a("right", right), a("seen", seen); }
};

}  // namespace descent
