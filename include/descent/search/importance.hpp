#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <numeric>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/number_text.hpp"
#include "descent/search/space.hpp"
#include "descent/search/trial_record.hpp"
#include "descent/search/trials.hpp"

namespace descent::inline DESCENT_ABI {

/// The importance of a hyper-parameter.
struct Importance {
  std::string name, range;
  double share;        ///< of the variance that it explains, from 0 to 1
  std::size_t trials;  ///< number of trials that have it
};

/// The importance of each hyper-parameter, the most important first. Printed, it is a table.
struct Importances {
  std::vector<Importance> all;
  int epochs;  ///< after which the trials were compared

  friend std::ostream& operator<<(std::ostream& out, const Importances& importances) {
    std::size_t width = 0;
    for (const Importance& each : importances.all) width = std::max(width, each.name.size());
    for (const Importance& each : importances.all)
      out << detail::left_aligned(each.name, width) << "  "
          << detail::number_text(each.share, std::chars_format::fixed, 2)
          << detail::joined({"  of the variance after ", importances.epochs,
                             importances.epochs == 1 ? " epoch, " : " epochs, ", each.trials, " trials, ",
                             each.range, '\n'});
    return out;
  }
};

namespace detail {

/// Returns for each value its rank among all, from 0 to n - 1; equal values have the mean of their ranks.
inline std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    for (last = first + 1; last < order.size() && values[order[last]] == values[order[first]];) ++last;
    for (std::size_t i = first; i < last; ++i) ranks[order[i]] = static_cast<double>(first + last - 1) / 2;
  }
  return ranks;
}

/// Returns the share of the variance of y that its mean over each group explains, without what chance explains:
///
///   1 - (sum_groups sum (y - mean of the group)^2 / (n - groups)) / (sum (y - mean)^2 / (n - 1)), at least 0
inline double explained_variance(const std::vector<double>& y, const std::vector<std::size_t>& group) {
  const std::size_t n = y.size();
  std::vector<double> sum, count;
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (group[i] >= sum.size()) sum.resize(group[i] + 1, 0), count.resize(group[i] + 1, 0);
    sum[group[i]] += y[i], count[group[i]] += 1, total += y[i];
  }
  const std::size_t used = count.size() - static_cast<std::size_t>(std::count(count.begin(), count.end(), 0));
  double within = 0, all = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double from_group = y[i] - sum[group[i]] / count[group[i]];
    const double from_all = y[i] - total / static_cast<double>(n);
    within += from_group * from_group, all += from_all * from_all;
  }
  if (used < 2 || n <= used || all == 0) return 0;
  return std::max(0.0, 1 - within / static_cast<double>(n - used) / (all / static_cast<double>(n - 1)));
}

/// Returns the groups of trials by a hyper-parameter: its options, or from 2 to 6 equally large parts of its range.
inline std::vector<std::size_t> groups_of(const std::vector<const HyperParameter*>& parameters) {
  const std::size_t n = parameters.size(), parts = std::clamp<std::size_t>(n / 8, 2, 6);
  std::vector<double> positions;
  for (const HyperParameter* p : parameters) positions.push_back(p->position);
  const std::vector<double> ranks = ranks_of(positions);
  std::vector<std::size_t> groups;
  for (std::size_t i = 0; i < n; ++i) {
    const double part = ranks[i] * static_cast<double>(parts) / static_cast<double>(n);
    groups.push_back(static_cast<std::size_t>(parameters[i]->is_choice() ? positions[i] : part));
  }
  return groups;
}

}  // namespace detail

/// Computes the share of the variance between the trials that each hyper-parameter explains alone:
///
///   y         rank of the trial by the monitored metric, after the most epochs that all trials reached; failed trials
///             have the worst
///   groups    the options of a choice, or up to 6 equally large parts of a range
///   share     1 - (variance of y within the groups) / (variance of y), with the degrees of freedom of both
///
/// Shares of hyper-parameters that act together do not add up to 1, and one that only matters together with another may
/// have 0. One of a branch is measured over the trials of the branch. Less than 16 trials tell nothing, and have a share
/// of 0.
///
/// Throws   DataError if no trial has a value.
/// Source   Kelley: An unbiased correlation ratio measure (PNAS 21, 1935), over ranks
template <class S>
Importances importance(const Trials<S>& trials) {
  constexpr std::size_t least = 16;
  int epochs = trials.best().epochs;
  for (const Trial<S>& trial : trials)
    if (trial.is_measured()) epochs = std::min(epochs, trial.epochs);

  std::vector<const TrialRecord*> records;
  std::vector<double> costs;
  for (const TrialRecord* each : trials.records())
    if (each->is_measured()) {
      const double value = each->value(trials.monitor(), epochs);
      records.push_back(each), costs.push_back(trials.mode() == Mode::min ? value : -value);
    }
  const double worst = *std::max_element(costs.begin(), costs.end());
  for (const TrialRecord* each : trials.records())
    if (each->failed()) records.push_back(each), costs.push_back(worst);

  std::vector<HyperParameter> distinct;
  for (const TrialRecord* each : records)
    for (const HyperParameter& p : each->parameters)
      if (std::none_of(distinct.begin(), distinct.end(), [&](const auto& other) { return other.is_same(p); }))
        distinct.push_back(p);

  Importances result{{}, epochs};
  for (const HyperParameter& parameter : distinct) {
    std::vector<const HyperParameter*> own;
    std::vector<double> own_costs;
    for (std::size_t i = 0; i < records.size(); ++i)
      if (const HyperParameter* p = records[i]->find(parameter.name); p != nullptr && p->is_same(parameter))
        own.push_back(p), own_costs.push_back(costs[i]);
    const double share =
        own.size() < least ? 0
                           : detail::explained_variance(detail::ranks_of(own_costs), detail::groups_of(own));
    result.all.push_back({parameter.name, parameter.range, share, own.size()});
  }
  std::stable_sort(result.all.begin(), result.all.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return result;
}

}  // namespace descent
