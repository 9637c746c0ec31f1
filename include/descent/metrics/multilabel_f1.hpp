#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/class_counts.hpp"
#include "descent/metrics/f1.hpp"
#include "descent/metrics/labels.hpp"
#include "descent/metrics/outputs.hpp"
#include "descent/metrics/threshold.hpp"

namespace descent::inline DESCENT_ABI {

/// F1 score of labels, for samples with any number of labels. A label is predicted if its output is above `threshold`.
///
///   2 hits / (predicted + actual)       for each label; then the mean over labels
///
///   MultilabelF1{}                             the mean over all labels, also those that never occur
///   MultilabelF1{.average = Average::micro}    the score of the summed counts
///
/// A label without hits scores 0, as in scikit-learn with zero_division=0.
///
/// Shapes   prediction [labels, m]   target [labels, m], 0 or 1
/// Throws   ShapeError when the shapes differ; DataError when a target is neither 0 nor 1.
struct MultilabelF1 {
  Average average = Average::macro;  ///< or micro; `standard` is macro
  Threshold threshold = {};          ///< for every output, as in Accuracy
  std::string name = "multilabel_f1";
  std::vector<ClassCounts::Counts> labels = {};  ///< one entry per label

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_labels(name, outputs, target);
  }
  void prepare(OutputKind kind) { threshold.prepare(kind); }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    detail::expect_labels(name, prediction, target, weights);
    const double above = threshold.value(name);
    detail::make_room(name, labels, prediction.rows());
    for (Index j = 0; j < prediction.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      for (Index i = 0; i < prediction.rows(); ++i) {
        const bool predicted = static_cast<double>(prediction(i, j)) > above, actual = target(i, j) > 0;
        labels[static_cast<std::size_t>(i)].add(
            {predicted && actual ? w : 0, predicted ? w : 0, actual ? w : 0});
      }
    }
  }
  void merge(const MultilabelF1& other) {
    if (other.labels.empty()) return;
    detail::make_room(name, labels, static_cast<Index>(other.labels.size()));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i].add(other.labels[i]);
  }
  void visit_members(auto& a) { a("labels", labels); }
  /// Not-a-number before the first sample.
  double value() const {
    if (labels.empty()) return detail::not_a_number<double>();
    ClassCounts::Counts all;
    constexpr detail::F1OfClass score;
    double sum = 0;
    for (const ClassCounts::Counts& label : labels) {
      all.add(label);
      sum += score(label);
    }
    return average == Average::micro ? score(all) : sum / static_cast<double>(labels.size());
  }
  std::vector<double> per_label() const {
    std::vector<double> scores;
    for (const ClassCounts::Counts& label : labels) scores.push_back(detail::F1OfClass{}(label));
    return scores;
  }
};

}  // namespace descent
