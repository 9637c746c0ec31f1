#pragma once

#include <string_view>

#include "descent/metrics/class_counts.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct PrecisionOfClass {
  static constexpr std::string_view name = "precision";
  double operator()(const ClassCounts::Counts& c) const { return ClassCounts::ratio(c.hits, c.predicted); }
};
}  // namespace detail

/// Precision: the fraction of the samples for which a class was predicted that belong to it.
///
///   true positives / (true positives + false positives)
///
///   Precision{}                                          of class 1 for two classes, the mean for more
///   Precision{.average = Average::micro}                 see `Average`
///   Precision{.of_class = 3, .name = "precision_3"}      of class 3 alone
///
/// A class that was never predicted scores 0. The mean leaves out classes that neither occurred nor were predicted.
/// Both are as in scikit-learn with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a
///          target, or of_class, is not one of the classes, or a target marks several.
using Precision = detail::ClassScore<detail::PrecisionOfClass>;

}  // namespace descent
