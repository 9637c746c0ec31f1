#pragma once

#include <string_view>

#include "descent/metrics/class_counts.hpp"

namespace descent {

namespace detail {
struct F1OfClass {
  static constexpr std::string_view name = "f1";
  double operator()(const ClassCounts::Counts& c) const {
    return ClassCounts::ratio(2 * c.hits, c.predicted + c.actual);
  }
};
}  // namespace detail

/// F1: the harmonic mean of precision and recall.
///
///   2 precision recall / (precision + recall) = 2 hits / (predicted + actual)
///
///   F1{}                                  of two classes that of class 1, of more the mean over classes
///   F1{.average = Average::micro}         see `Average`
///   F1{.of_class = 3, .name = "f1_3"}
///
/// A class without a hit counts 0. The mean, of the F1 of the classes, leaves out classes that neither
/// occurred nor were predicted. Both are what scikit-learn does with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a target,
///          or of_class, is not one of the classes, or a target stands for several: that is for MultilabelF1.
using F1 = detail::ClassScore<detail::F1OfClass>;

}  // namespace descent
