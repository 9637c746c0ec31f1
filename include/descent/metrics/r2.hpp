#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"
#include "descent/metrics/outputs.hpp"

namespace descent::inline DESCENT_ABI {

/// Coefficient of determination: the fraction of the variance of the targets that the prediction explains. 1 is
/// perfect, 0 is as good as predicting the mean of the targets, below 0 is worse.
///
///   1 - sum (p - t)^2 / sum (t - mean t)^2       for each output; then the mean over outputs
///
///   R2{}                                  the mean over outputs
///   R2{.of_output = 2, .name = "r2_2"}    of output 2 alone
///
/// An output with constant targets scores 1 if it is predicted exactly, else 0, as in scikit-learn.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape; DataError when of_output is not one of the outputs.
/// Source   the running sums: Chan, Golub, LeVeque: Algorithms for computing the sample variance (The American
///          Statistician 37, 1983); with weights: West: Updating mean and variance estimates (Communications of the
///          ACM 22, 1979)
struct R2 {
  /// The weighted running sums of an output.
  struct Output {
    double mean = 0;       ///< of the targets
    double spread = 0;     ///< sum of (t - mean t)^2
    double residuals = 0;  ///< sum of (p - t)^2

    void visit_members(auto& a) { a("mean", mean), a("spread", spread), a("residuals", residuals); }
  };
  std::optional<Index> of_output = {};  ///< if set, the score of this output alone
  std::string name = "r2";
  std::vector<Output> outputs = {};
  std::int64_t seen = 0;  ///< samples whose weight is not 0
  double weight = 0;      ///< of all samples

  void check(Index count, const BatchLike auto& target) const {
    detail::expect_outputs(name, count, target.rows());
    if (of_output) detail::expect_output(name, *of_output, count);
  }

  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    detail::expect_same_shape(name, prediction, target, weights);
    detail::make_room(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      if (w == 0) continue;
      ++seen;
      weight += w;
      for (Index i = 0; i < target.rows(); ++i) {
        Output& output = outputs[static_cast<std::size_t>(i)];
        const auto t = static_cast<double>(target(i, j)), r = static_cast<double>(prediction(i, j)) - t;
        const double step = t - output.mean;
        output.mean += step * w / weight;
        output.spread += w * step * (t - output.mean);
        output.residuals += w * r * r;
      }
    }
  }

  void merge(const R2& other) {
    if (other.seen == 0) return;
    detail::make_room(name, outputs, static_cast<Index>(other.outputs.size()));
    const double share = other.weight / (weight + other.weight);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Output& from = other.outputs[i];
      const double distance = from.mean - outputs[i].mean;
      outputs[i].mean += share * distance;
      outputs[i].spread += from.spread + distance * distance * share * weight;
      outputs[i].residuals += from.residuals;
    }
    seen += other.seen;
    weight += other.weight;
  }

  void visit_members(auto& a) { a("outputs", outputs), a("seen", seen), a("weight", weight); }

  /// Not-a-number before the second sample.
  double value() const {
    const std::vector<double> scores = per_output();
    if (of_output) return detail::value_of_output(name, *of_output, scores);
    if (scores.empty()) return detail::not_a_number<double>();
    double sum = 0;
    for (const double score : scores) sum += score;
    return sum / static_cast<double>(scores.size());
  }
  std::vector<double> per_output() const {
    std::vector<double> scores;
    if (seen < 2) return scores;
    for (const Output& output : outputs) {
      if (output.spread > 0)
        scores.push_back(1 - output.residuals / output.spread);
      else
        scores.push_back(output.residuals == 0 ? 1 : 0);
    }
    return scores;
  }
};

}  // namespace descent
