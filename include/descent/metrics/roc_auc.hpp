#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/classes.hpp"

namespace descent::inline DESCENT_ABI {

/// Area under the receiver operating characteristic of two classes: the probability that a sample of class 1 has a
/// higher score than one of class 0, a tie counting half. 1/2 is the value of a random guess. Exact, by sorting. A
/// pair is weighted by the product of the weights of its samples.
///
/// The score is the single output, a logit or a probability, or the difference of two outputs.
///
/// Shapes   prediction [1, m] or [2, m]   target [1, m] or [2, m]
/// Throws   ShapeError when the shapes do not fit or there are more than two classes; DataError when a target is
///          neither 0 nor 1, or a score is not-a-number.
/// Cost     24 bytes per sample; value() sorts n samples in O(n log n).
/// Source   Hanley, McNeil: The meaning and use of the area under a receiver operating characteristic (ROC) curve
///          (Radiology 143, 1982)
struct RocAuc {
  static constexpr std::string_view name = "roc_auc";

  /// The score, weight and class of a sample.
  struct Scored {
    double score, weight;
    bool positive;
  };
  std::vector<Scored> samples = {};

  void check(Index outputs, const BatchLike auto& target) const {
    detail::check_classes(name, outputs, target);
  }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    if (prediction.rows() > 2)
      throw ShapeError(name, detail::joined("expected 1 or 2 outputs, got ", prediction.rows()),
                       "measure one class against the rest");
    detail::expect_classes(name, prediction, target, weights);
    for (Index j = 0; j < prediction.cols(); ++j) {
      auto score = static_cast<double>(prediction(prediction.rows() - 1, j));
      if (prediction.rows() == 2) score -= static_cast<double>(prediction(0, j));
      if (is_nan(score))
        throw DataError(name, detail::joined("expected a score, got not-a-number for sample ", j),
                        "find the first layer whose output is not-a-number");
      if (const Index actual = detail::target_class_of(name, target, j, 2); actual != ignored_class)
        samples.push_back({score, static_cast<double>(weights(j)), actual == 1});
    }
  }

  void merge(const RocAuc& other) {
    const std::size_t count = other.samples.size();  // `other` may be *this
    samples.reserve(samples.size() + count);
    std::copy_n(other.samples.begin(), count, std::back_inserter(samples));
  }

  void visit_members(auto& a) {
    std::vector<double> scores, weights;
    std::vector<unsigned char> positive;
    for (const Scored& s : samples)
      scores.push_back(s.score), weights.push_back(s.weight), positive.push_back(s.positive);
    a("scores", scores);
    a("weights", weights);
    a("positive", positive);
    weights.resize(scores.size());
    positive.resize(scores.size());
    samples.clear();
    for (std::size_t i = 0; i < scores.size(); ++i)
      samples.push_back({scores[i], weights[i], positive[i] != 0});
  }

  /// Not-a-number unless samples of both classes have a weight.
  double value() const {
    std::vector<Scored> sorted = samples;
    std::sort(sorted.begin(), sorted.end(),
              [](const Scored& a, const Scored& b) { return a.score < b.score; });
    double negatives = 0, positives = 0,
           twice_won = 0;  // twice the weight of the pairs in which class 1 scores higher
    for (auto tie = sorted.begin(); tie != sorted.end();) {
      double tied[2] = {0, 0};
      const double score = tie->score;
      for (; tie != sorted.end() && tie->score == score; ++tie) tied[tie->positive] += tie->weight;
      twice_won += tied[1] * (2 * negatives + tied[0]);
      negatives += tied[0];
      positives += tied[1];
    }
    if (negatives == 0 || positives == 0) return detail::not_a_number<double>();
    return twice_won / (2 * negatives * positives);
  }
};

}  // namespace descent
