#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "descent/core/finite.hpp"
#include "descent/metrics/roc_auc.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A threshold of the score, and the shares of samples when all scores of at least that are predicted as class 1.
struct ScorePoint {
  double threshold;
  double recall;  ///< of the samples of class 1, those that are predicted: the true positive rate
  double
      false_alarms;  ///< of the samples of class 0, those that are predicted as class 1: the false positive rate
  double precision;  ///< of the samples predicted as class 1, those of class 1
};

/// The receiver operating characteristic and the precision-recall curve of two classes.
///
///   average precision = sum over thresholds of (recall - recall before) * precision
struct ScoreCurves {
  std::vector<ScorePoint>
      points;       ///< from the highest threshold to the lowest; empty unless there are both classes
  double area = 0;  ///< under the receiver operating characteristic
  double average_precision = 0;
  double positives = 0;  ///< the share of class 1, the precision of a random guess
};

/// Returns the curves; none if a score is not-a-number.
inline ScoreCurves score_curves(std::vector<RocAuc::Scored> samples) {
  constexpr std::size_t most = 120;
  if (std::any_of(samples.begin(), samples.end(), [](const auto& s) { return is_nan(s.score); })) return {};
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  const auto all = static_cast<double>(samples.size());
  const auto positives = static_cast<double>(
      std::count_if(samples.begin(), samples.end(), [](const auto& s) { return s.positive; }));
  ScoreCurves curves;
  if (positives == 0 || positives == all) return curves;
  curves.area = RocAuc{samples}.value();
  curves.positives = positives / all;

  std::vector<ScorePoint> exact;
  double hits = 0, alarms = 0, recall = 0;
  for (auto tie = samples.begin(); tie != samples.end();) {
    const double score = tie->score;
    for (; tie != samples.end() && tie->score == score; ++tie) (tie->positive ? hits : alarms) += 1;
    exact.push_back({score, hits / positives, alarms / (all - positives), hits / (hits + alarms)});
    curves.average_precision += (exact.back().recall - recall) * exact.back().precision;
    recall = exact.back().recall;
  }
  const std::size_t stride = exact.size() / most + 1;
  for (std::size_t i = 0; i < exact.size(); i += stride) curves.points.push_back(exact[i]);
  if ((exact.size() - 1) % stride != 0) curves.points.push_back(exact.back());
  return curves;
}

}  // namespace descent::inline DESCENT_ABI::detail
