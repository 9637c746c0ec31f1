#pragma once

#include <optional>
#include <string>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/metrics/class_counts.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent {

/// Precision: of the samples for which a class was predicted, the share that belongs to it.
///
///   true positives / (true positives + false positives)
///
///   Precision{}                                          of two classes that of class 1, of more the mean
///   Precision{.average = Average::micro}                 see `Average`
///   Precision{.of_class = 3, .name = "precision_3"}      of class 3 alone
///
/// A class that was never predicted counts 0. The mean leaves out classes that neither were there nor were
/// predicted. Both are what scikit-learn does with zero_division=0.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a target,
///          or of_class, is not one of the classes, or a target stands for several.
struct Precision {
  Average average = Average::standard;
  std::optional<Index> of_class = {};  ///< the score of this class alone
  Threshold threshold = {};            ///< of a single output, as for Accuracy
  std::string name = "precision";
  ClassCounts counts = {};

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    counts.update(name, prediction, target, threshold.value(name, prediction.rows()));
  }
  void merge(const Precision& other) { counts.merge(name, other.counts); }
  void visit_members(auto& a) { a("counts", counts); }
  /// Not-a-number before the first sample.
  double value() const {
    return of_class ? counts.of(name, *of_class, score) : counts.over_all(average, score);
  }
  std::vector<double> per_class() const { return counts.each(score); }

 private:
  static double score(const ClassCounts::Counts& c) { return ClassCounts::ratio(c.hits, c.predicted); }
};

}  // namespace descent
