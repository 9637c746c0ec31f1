#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/rules/twins.hpp"

// Rules that compare the target of a sample with those of its nearest neighbors.
namespace descent::inline DESCENT_ABI::detail {

/// The targets of the nearest neighbors of training samples.
struct NeighborTargets {
  Index examined = 0, wrong = 0;     // samples, and those whose class is not that of most neighbors
  std::vector<Index> suspects = {};  // samples with a likely wrong label
  double variance_left =
      1;  // of numbers: mean squared error of the neighbors' mean, relative to the variance
};

/// Examines the neighbors of at most `most` samples.
template <std::floating_point T>
NeighborTargets neighbor_targets(const Dataset<T>& train, const Targets& targets,
                                 const Neighbors<T>& neighbors, Index most = 2000) {
  NeighborTargets result;
  std::vector<int> votes(static_cast<std::size_t>(targets.classes));
  const auto label = [&](Index j) { return targets.labels[static_cast<std::size_t>(j)]; };
  double error = 0;
  neighbors.search(train.x, evenly(train.samples(), most), limit::neighbors, true,
                   [&](Index row, const auto& near) {
                     if (targets.are_numbers()) {
                       Vector<T> mean = Vector<T>::Zero(train.y.rows());
                       for (const auto& n : near) mean += train.y.col(n.sample);
                       mean /= static_cast<T>(near.size());
                       error += static_cast<double>((mean - train.y.col(row)).squaredNorm());
                       ++result.examined;
                       return;
                     }
                     if (label(row) < 0) return;
                     std::fill(votes.begin(), votes.end(), 0);
                     for (const auto& n : near)
                       if (label(n.sample) >= 0) ++votes[static_cast<std::size_t>(label(n.sample))];
                     const auto winner = std::max_element(votes.begin(), votes.end());
                     const int own = votes[static_cast<std::size_t>(label(row))];
                     ++result.examined;
                     result.wrong += winner - votes.begin() != label(row);
                     if (*winner >= limit::neighbors_against && own <= limit::neighbors_for)
                       result.suspects.push_back(row);
                   });
  if (targets.are_numbers()) {
    double variance = 0;
    for (const double v : moments_of(train.y).variance) variance += v;
    result.variance_left = error / static_cast<double>(std::max<Index>(1, result.examined)) / variance;
  }
  return result;
}

/// Returns the share of samples that would have most neighbors in the most frequent class, and hardly any in their own, if
/// features and labels were unrelated: the multinomial probability of at least 7 and at most 1 among 10. It is small
/// unless that class is far more frequent than others.
inline double suspects_by_chance(const std::vector<Index>& counts) {
  double samples = 0, chance = 0;
  for (const Index count : counts) samples += static_cast<double>(count);
  const auto frequent = std::max_element(counts.begin(), counts.end());
  const double against = static_cast<double>(*frequent) / samples;
  for (auto count = counts.begin(); count != counts.end(); ++count) {
    if (count == frequent) continue;
    const double own = static_cast<double>(*count) / samples, rest = std::max(0.0, 1 - against - own);
    double ways = 1;  // to choose `others` of all neighbors
    for (int others = 0; others <= limit::neighbors - limit::neighbors_against; ++others) {
      const double none = std::pow(rest, others),
                   one = others > 0 ? others * own * std::pow(rest, others - 1) : 0;
      chance += own * ways * std::pow(against, limit::neighbors - others) * (none + one);
      ways *= static_cast<double>(limit::neighbors - others) / (others + 1);
    }
  }
  return chance;
}

/// Samples whose neighbors agree on another class: a note with their rows, or a warning if they are many, and far more
/// than by chance.
inline std::optional<Finding> wrong_labels(const NeighborTargets& neighbors, double by_chance = 0) {
  if (neighbors.suspects.empty()) return {};
  const double share =
      static_cast<double>(neighbors.suspects.size()) / static_cast<double>(neighbors.examined);
  const double bound = std::max(limit::wrong_labels, 2 * by_chance);
  const bool many = share > bound;
  return Finding{.rule = {},
                 .severity = many ? Severity::warning : Severity::note,
                 .what = joined({"the nearest neighbors of ", percent(share),
                                 " of the samples agree on another class: ", listed(neighbors.suspects)}),
                 .cure = many ? "look at these rows, and correct their labels" : "",
                 .measured = share,
                 .limit = bound};
}

/// The neighbors of a sample say nothing about its target: a warning, or a note for images and sequences, of which equal
/// ones may be far apart, such as those that are moved.
inline std::optional<Finding> unrelated_targets(const Targets& targets, const NeighborTargets& neighbors,
                                                Severity severity = Severity::warning) {
  if (neighbors.examined == 0) return {};
  const auto examined = static_cast<double>(neighbors.examined);
  const auto finding = [&](double measured, double bound, std::string what) {
    return Finding{.rule = {},
                   .severity = severity,
                   .what = std::move(what),
                   .cure = "check that features and targets of a sample are in the same row",
                   .measured = measured,
                   .limit = bound};
  };
  if (targets.are_numbers()) {
    const double explained = 1 - neighbors.variance_left;
    const double bound = limit::standard_errors * std::sqrt(2 / examined);
    // The mean of 10 unrelated targets has an error of 1 + 1 / 10 of the variance.
    if (explained > bound - 1.0 / limit::neighbors) return {};
    return finding(explained, bound,
                   joined({"the nearest neighbors of a sample explain ", percent(explained),
                           " of the variance of the targets"}));
  }
  const std::vector<Index> counts = targets.counts();
  Index samples = 0;
  for (const Index count : counts) samples += count;
  const double chance =
      1 - static_cast<double>(*std::max_element(counts.begin(), counts.end())) / static_cast<double>(samples);
  const double wrong = static_cast<double>(neighbors.wrong) / examined;
  const double bound = chance - limit::standard_errors * std::sqrt(chance * (1 - chance) / examined);
  if (wrong <= bound) return {};
  return finding(wrong, bound,
                 joined({"the nearest neighbors of a sample predict its class with an error of ",
                         percent(wrong), ", the most frequent class with ", percent(chance)}));
}

}  // namespace descent::detail

namespace descent::inline DESCENT_ABI {

/// Returns the samples whose label is likely wrong, in ascending order: at least 7 of their 10 nearest neighbors are of
/// one other class, and at most 1 of theirs. Features are scaled to deviation 1 for the distances. Sets of more than
/// 2000 samples are examined in part, evenly spaced.
///
///   for (const Index row : likely_wrong_labels(train)) std::cout << row << '\n';
///
/// Returns nothing for targets that are not classes.
///
/// Throws   DataError when the data set is empty or has values that are not finite.
/// Cost     the distances between min(n, 2000) and min(n, 5000) samples.
/// Source   Wilson: Asymptotic properties of nearest neighbor rules using edited data (IEEE Trans. SMC 2, 1972), for
///          the idea
template <std::floating_point T>
std::vector<Index> likely_wrong_labels(const Dataset<T>& data) {
  expect_usable(data, "likely_wrong_labels", "the data set");
  constexpr T most_classes = 1'000'000;  // so that the cast does not overflow
  const Index classes =
      data.y.rows() > 1 ? data.y.rows() : static_cast<Index>(std::min(data.y.maxCoeff(), most_classes)) + 1;
  const auto targets = detail::targets_of(data.y, std::max<Index>(2, classes), OutputKind::scores);
  if (!targets.are_classes()) return {};
  return detail::neighbor_targets(data, targets, detail::Neighbors<T>{data.x}).suspects;
}

}  // namespace descent
