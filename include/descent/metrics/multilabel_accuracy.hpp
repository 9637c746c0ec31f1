#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/labels.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent {

/// The share of labels that are predicted right, where a sample has any number of them. A label is predicted where its
/// output is above `threshold`. It is 1 - the Hamming loss; where labels are rare it is high for a network that predicts
/// none, so look at `MultilabelF1`, too.
///
/// Shapes   prediction [labels, m]   target [labels, m], 0 or 1
/// Throws   ShapeError when the shapes differ; DataError when a target is neither 0 nor 1.
struct MultilabelAccuracy {
  static constexpr std::string_view name = "multilabel_accuracy";
  Threshold threshold = {};  ///< of every output, as for Accuracy
  WeightedSum right = {};    ///< labels counted so far, and the weight of all

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
      const auto hits = static_cast<double>(detail::right_labels(prediction, target, j, above).count());
      right += {w * hits, w * static_cast<double>(prediction.rows())};
    }
  }
  void merge(const MultilabelAccuracy& other) { right += other.right; }
  /// Not-a-number before the first sample.
  double value() const { return right.mean(); }
  void visit_members(auto& a) { a("right", right); }
};

}  // namespace descent
