#pragma once

#include <string_view>

#include "descent/metrics/class_counts.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct RecallOfClass {
  static constexpr std::string_view name = "recall";
  double operator()(const ClassCounts::Counts& c) const { return ClassCounts::ratio(c.hits, c.actual); }
};
}  // namespace detail

/// Recall, also called sensitivity: the fraction of the samples of a class for which it was predicted.
///
///   true positives / (true positives + false negatives)
///
///   Recall{}                                       of class 1 for two classes, the mean over classes for more
///   Recall{.average = Average::micro}              see `Average`
///   Recall{.of_class = 3, .name = "recall_3"}      of class 3 alone
///
/// A class that never occurred but was predicted scores 0. The mean leaves out classes that neither occurred nor were
/// predicted. Both are as in scikit-learn with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a
///          target, or of_class, is not one of the classes, or a target marks several.
using Recall = detail::ClassScore<detail::RecallOfClass>;

}  // namespace descent
