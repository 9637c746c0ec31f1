#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/compare_distributions.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"

// Rules that compare samples with equal or nearly equal features, and the training set with the validation set.
namespace descent::inline DESCENT_ABI::detail {

/// Returns the first `most` of some numbers as text, such as `3, 17, 40 and 12 others`.
inline std::string listed(const std::vector<Index>& numbers, std::size_t most = 20) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, numbers.size()); ++i)
    append(text, {i == 0 ? "" : ", ", numbers[i]});
  if (numbers.size() > most) append(text, {" and ", numbers.size() - most, " others"});
  return text;
}

/// The columns of a training set and of a validation set, grouped by equal features.
template <std::floating_point T>
class EqualSamples {
 public:
  EqualSamples(const Matrix<T>& train, const Matrix<T>* dev) : train_{train}, dev_{dev} {
    const Index count = train.cols() + (dev == nullptr ? 0 : dev->cols());
    for (Index j = 0; j < count; ++j) order_.push_back(j);
    std::sort(order_.begin(), order_.end(), [this](Index a, Index b) {
      const int order = compare(a, b);
      return order != 0 ? order < 0 : a < b;
    });
  }

  /// Calls f(first, last) for each group of equal samples. Those of the validation set come last and are numbered
  /// after those of the training set.
  void for_each_group(auto&& f) const {
    for (auto first = order_.begin(); first != order_.end();) {
      auto last = first + 1;
      while (last != order_.end() && compare(*first, *last) == 0) ++last;
      f(first, last);
      first = last;
    }
  }

 private:
  const T* column(Index j) const {
    return j < train_.cols() ? train_.col(j).data() : dev_->col(j - train_.cols()).data();
  }
  int compare(Index a, Index b) const {
    const T *x = column(a), *y = column(b);
    for (Index i = 0; i < train_.rows(); ++i)
      if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
  }

  const Matrix<T>& train_;
  const Matrix<T>* dev_;
  std::vector<Index> order_;
};

/// Samples of the validation set are in the training set, too. Silent if the features take so few values that equal
/// samples are to be expected.
template <std::floating_point T>
std::optional<Finding> twins(const Dataset<T>& train, const Dataset<T>& dev) {
  std::vector<Index> rows;
  Index distinct = 0;
  EqualSamples{train.x, &dev.x}.for_each_group([&](auto first, auto last) {
    if (*first >= train.samples()) return;
    ++distinct;
    for (auto at = first; at != last; ++at)
      if (*at >= train.samples()) rows.push_back(*at - train.samples());
  });
  if (rows.empty() || 2 * distinct < train.samples()) return {};
  std::sort(rows.begin(), rows.end());
  const double share = static_cast<double>(rows.size()) / static_cast<double>(dev.samples());
  return Finding{.rule = {},
                 .what = joined({percent(share),
                                 " of the validation samples are in the training set, too: ", listed(rows)}),
                 .cure = "remove the copies before you split, or split by the group that they come from",
                 .measured = share};
}

/// Equal samples of the training set have different classes.
template <std::floating_point T>
std::optional<Finding> conflicting_labels(const Dataset<T>& train, const Targets& targets) {
  std::vector<Index> rows;
  const auto label = [&](Index j) { return targets.labels[static_cast<std::size_t>(j)]; };
  EqualSamples<T>{train.x, nullptr}.for_each_group([&](auto first, auto last) {
    if (std::all_of(first, last, [&](Index j) { return label(j) == label(*first); })) return;
    rows.insert(rows.end(), first, last);
  });
  const double share = static_cast<double>(rows.size()) / static_cast<double>(train.samples());
  if (share <= limit::conflicting_labels) return {};
  std::sort(rows.begin(), rows.end());
  return Finding{
      .rule = {},
      .what = joined({percent(share), " of the samples equal one of another class: ", listed(rows)}),
      .cure = "correct the labels, or add a feature that tells the samples apart",
      .measured = share,
      .limit = limit::conflicting_labels};
}

/// Samples of the validation set differ from one of the training set far less than samples of the training set differ
/// from each other.
template <std::floating_point T>
std::optional<Finding> near_twins(const Dataset<T>& train, const Dataset<T>& dev,
                                  const Neighbors<T>& neighbors) {
  constexpr Index least_features = 10, examined = 400;
  if (train.features() < least_features || train.samples() < 2) return {};
  std::vector<double> distances;
  neighbors.search(train.x, evenly(train.samples(), examined), 1, true,
                   [&](Index, const auto& near) { distances.push_back(near.front().distance); });
  const auto median = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), median, distances.end());

  std::vector<Index> rows;
  const std::vector<Index> queries = evenly(dev.samples(), examined);
  neighbors.search(dev.x, queries, 1, false, [&](Index row, const auto& near) {
    if (near.front().distance < limit::near_twin_distance * *median &&
        dev.x.col(row) != train.x.col(near.front().sample))
      rows.push_back(row);
  });
  const double share = static_cast<double>(rows.size()) / static_cast<double>(queries.size());
  if (share <= limit::near_twins) return {};
  return Finding{
      .rule = {},
      .what = joined({percent(share),
                      " of the validation samples hardly differ from a training sample: ", listed(rows)}),
      .cure =
          "split by the group that samples come from, such as the person, the video or the original image",
      .measured = share,
      .limit = limit::near_twins};
}

/// Features or targets of the validation set have another distribution than those of the training set.
template <std::floating_point T>
std::optional<Finding> distribution(const Dataset<T>& train, const Dataset<T>& dev) {
  constexpr Index examined = 5000;
  const DistributionReport report = compare_distributions(train.subset(evenly(train.samples(), examined)),
                                                          dev.subset(evenly(dev.samples(), examined)),
                                                          {.significance = limit::distribution_significance});
  const FeatureComparison* worst = nullptr;
  std::size_t count = 0;
  for (const FeatureComparison& feature : report.features) {
    if (!feature.differs || feature.statistic < limit::distribution_distance) continue;
    ++count;
    if (worst == nullptr || feature.statistic > worst->statistic) worst = &feature;
  }
  if (worst == nullptr) return {};
  return Finding{.rule = {},
                 .place = worst->feature,
                 .what = joined({"training and validation set differ in ", count, " of ",
                                 report.features.size(), " features and targets, here by a distance of ",
                                 rounded(worst->statistic), " (Kolmogorov-Smirnov)"}),
                 .cure = "shuffle before you split; compare_distributions prints all",
                 .measured = worst->statistic,
                 .limit = limit::distribution_distance};
}

}  // namespace descent::detail
