#pragma once

#include <string>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/classes.hpp"

namespace descent::inline DESCENT_ABI {

/// Fraction of samples whose class is among the k largest outputs.
///
/// Of equal outputs the first ranks higher, so that k = 1 equals `Accuracy`.
///
/// Shapes   prediction [classes, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit; DataError when a target is not one of the classes or k is not
///          positive.
struct TopKAccuracy {
  Index k = 5;
  std::string name = detail::joined("top_", k, "_accuracy");
  WeightedSum right = {};  ///< weight of the correct samples, and of all samples

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    if (k < 1)
      throw DataError(name, detail::joined("expected .k of at least 1, got ", k), "choose 1 or more");
    if (prediction.rows() == 1)
      throw ShapeError(name, "expected an output for each class, got a single one", "take Accuracy");
    detail::expect_classes(name, prediction, target, weights);
    WeightedSum hits;  // of this batch, so that nothing is counted if a target is invalid
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index actual = detail::target_class_of(name, target, j, prediction.rows());
      if (actual == ignored_class) continue;
      const auto w = static_cast<double>(weights(j));
      hits += {rank(prediction, j, actual) < k ? w : 0, w};
    }
    right += hits;
  }
  void merge(const TopKAccuracy& other) { right += other.right; }
  /// Not-a-number before the first sample.
  double value() const { return right.mean(); }
  void visit_members(auto& a) { a("right", right); }

 private:
  /// Returns the number of classes that rank above this one; all of them if an output is not-a-number.
  static Index rank(const auto& prediction, Index j, Index actual) {
    if (has_nan(prediction.col(j))) return prediction.rows();
    const auto own = prediction(actual, j);
    Index before = 0;
    for (Index i = 0; i < actual; ++i) before += prediction(i, j) >= own;
    for (Index i = actual + 1; i < prediction.rows(); ++i) before += prediction(i, j) > own;
    return before;
  }
};

}  // namespace descent
