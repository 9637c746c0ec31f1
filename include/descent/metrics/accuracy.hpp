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
struct Accuracy {
  static constexpr std::string_view name = "accuracy";
  double threshold = 0;
  std::int64_t right = 0;  ///< what was counted so far
  std::int64_t seen = 0;

  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    for (Index j = 0; j < prediction.cols(); ++j)
      right += predicted_class(prediction, j, threshold) == target_class(target, j);
    seen += prediction.cols();
  }
  void merge(const Accuracy& other) {
    right += other.right;
    seen += other.seen;
  }
  /// Not-a-number before the first sample.
  double value() const { return static_cast<double>(right) / static_cast<double>(seen); }
};

}  // namespace descent
