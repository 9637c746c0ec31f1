#pragma once

#include <cstdint>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent {

/// The share of samples whose class is predicted right.
///
/// Several outputs: the class is the row of the largest. One output: class 1 where it is above `threshold`, which is 0
/// for logits and 0.5 for probabilities unless it is chosen.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a target
///          is not one of the classes, or stands for several of them: that is for MultilabelAccuracy.
struct Accuracy {
  static constexpr std::string_view name = "accuracy";
  Threshold threshold = {};  ///< of a single output
  std::int64_t right = 0;    ///< what was counted so far
  std::int64_t seen = 0;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    detail::expect_classes(name, prediction, target);
    const Index classes = detail::class_count(prediction.rows());
    const double above = threshold.value(name, prediction.rows());
    std::int64_t hits = 0;
    for (Index j = 0; j < prediction.cols(); ++j)
      hits += predicted_class(prediction, j, above) == detail::target_class_of(name, target, j, classes);
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
