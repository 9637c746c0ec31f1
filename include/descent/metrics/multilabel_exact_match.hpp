#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/labels.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// Fraction of samples whose labels are all predicted correctly, also called subset accuracy. A label is predicted if
/// its output is above `threshold`.
///
/// Shapes   prediction [labels, m]   target [labels, m], 0 or 1
/// Throws   ShapeError when the shapes differ; DataError when a target is neither 0 nor 1.
struct MultilabelExactMatch {
  static constexpr std::string_view name = "multilabel_exact_match";
  Threshold threshold = {};  ///< for every output, as in Accuracy
  WeightedSum right = {};    ///< weight of the correct samples, and of all samples

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_labels(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    detail::expect_labels(name, prediction, target, weights);
    const double above = threshold.value(name);
    for (Index j = 0; j < prediction.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      right += {detail::right_labels(prediction, target, j, above).all() ? w : 0, w};
    }
  }
  void merge(const MultilabelExactMatch& other) { right += other.right; }
  /// Not-a-number before the first sample.
  double value() const { return right.mean(); }
  void visit_members(auto& a) { a("right", right); }
};

}  // namespace descent
