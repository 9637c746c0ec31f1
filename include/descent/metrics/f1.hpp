#pragma once

#include <optional>
#include <string>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/metrics/class_counts.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent {

/// F1: the harmonic mean of precision and recall.
///
///   2 precision recall / (precision + recall) = 2 hits / (predicted + actual)
///
///   F1{}                                  of two classes that of class 1, of more the mean over classes
///   F1{.average = Average::micro}         see `Average`
///   F1{.of_class = 3, .name = "f1_3"}
///
/// A class without a hit counts 0. The mean, of the F1 of the classes, leaves out classes that neither were
/// there nor were predicted. Both are what scikit-learn does with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a target,
///          or of_class, is not one of the classes, or a target stands for several: that is for MultilabelF1.
struct F1 {
  Average average = Average::standard;
  std::optional<Index> of_class = {};  ///< the score of this class alone
  Threshold threshold = {};            ///< of a single output, as for Accuracy
  std::string name = "f1";
  ClassCounts counts = {};

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    counts.update(name, prediction, target, threshold.value(name, prediction.rows()));
  }
  void merge(const F1& other) { counts.merge(name, other.counts); }
  void visit_members(auto& a) { a("counts", counts); }
  /// Not-a-number before the first sample.
  double value() const {
    return of_class ? counts.of(name, *of_class, score) : counts.over_all(average, score);
  }
  std::vector<double> per_class() const { return counts.each(score); }

 private:
  static double score(const ClassCounts::Counts& c) {
    return ClassCounts::ratio(2 * c.hits, c.predicted + c.actual);
  }
};

}  // namespace descent
