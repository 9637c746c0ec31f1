#pragma once

#include <string_view>

#include "descent/metrics/class_counts.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct F1OfClass {
  static constexpr std::string_view name = "f1";
  double operator()(const ClassCounts::Counts& c) const {
    return ClassCounts::ratio(2 * c.hits, c.predicted + c.actual);
  }
};
}  // namespace detail

/// F1 score: the harmonic mean of precision and recall.
///
///   2 precision recall / (precision + recall) = 2 hits / (predicted + actual)
///
///   F1{}                                  of class 1 for two classes, the mean over classes for more
///   F1{.average = Average::micro}         see `Average`
///   F1{.of_class = 3, .name = "f1_3"}     of class 3 alone
///
/// A class without hits scores 0. The mean leaves out classes that neither occurred nor were predicted. Both are as in
/// scikit-learn with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a
///          target, or of_class, is not one of the classes, or a target marks several, as for MultilabelF1.
using F1 = detail::ClassScore<detail::F1OfClass>;

}  // namespace descent
