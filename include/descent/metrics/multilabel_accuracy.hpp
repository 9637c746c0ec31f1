#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
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
  std::int64_t right = 0;    ///< what was counted so far
  std::int64_t seen = 0;     ///< labels

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_labels(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    detail::expect_same_shape(name, prediction, target);
    detail::expect_labels(name, target);
    const double above = threshold.value(name);
    using T = typename std::remove_cvref_t<decltype(prediction)>::Scalar;
    right += ((prediction.array() > T(above)) == (target.array() > T(0))).count();
    seen += prediction.size();
  }
  void merge(const MultilabelAccuracy& other) {
    right += other.right;
    seen += other.seen;
  }
  /// Not-a-number before the first sample.
  double value() const { return static_cast<double>(right) / static_cast<double>(seen); }
  void visit_members(auto& a) { a("right", right), a("seen", seen); }
};

}  // namespace descent
