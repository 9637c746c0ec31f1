#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// Fraction of samples whose class is predicted correctly.
///
/// The predicted class is the row of the largest of several outputs. A single output predicts class 1 above
/// `threshold`, by default 0 for logits and 0.5 for probabilities.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit, or a threshold is chosen for several outputs; DataError when a
///          target is not one of the classes, or marks several of them, as for MultilabelAccuracy.
/// Example  examples/01_digits.cpp
struct Accuracy {
  static constexpr std::string_view name = "accuracy";
  Threshold threshold = {};  ///< for a single output
  WeightedSum right = {};    ///< weight of the correct samples, and of all samples

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    detail::expect_classes(name, prediction, target, weights);
    const Index classes = detail::class_count(prediction.rows());
    const double above = threshold.value(name, prediction.rows());
    WeightedSum hits;  // of this batch, so that nothing is counted if a target is invalid
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index actual = detail::target_class_of(name, target, j, classes);
      if (actual == ignored_class) continue;
      const auto w = static_cast<double>(weights(j));
      hits += {predicted_class(prediction, j, above) == actual ? w : 0, w};
    }
    right += hits;
  }
  void merge(const Accuracy& other) { right += other.right; }
  /// Not-a-number before the first sample.
  double value() const { return right.mean(); }
  void visit_members(auto& a) { a("right", right); }
};

}  // namespace descent
