#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/data.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/metrics/classes.hpp"

// Rules that examine the predictions of a trained network.
namespace descent::inline DESCENT_ABI::detail {

/// The quality of predictions, compared with that of a constant one.
struct Quality {
  double error =
      0;  // the share of wrong classes; of numbers, the mean squared error over the variance, 1 - R^2
  double constant = 1;  // that error of the best constant prediction
  double samples = 0;

  /// The standard error of the difference of two errors, one of which may be of the constant prediction.
  double standard_error(bool of_classes) const {
    const double variance = of_classes ? constant * (1 - constant) : 2 * std::min(error, 1.0);
    return samples > 0 ? std::sqrt(variance / samples) : 0;
  }
  bool is_no_better_than_constant(bool of_classes) const {
    return samples > 0 && error > constant - limit::standard_errors * standard_error(of_classes);
  }
};

/// Measures predictions. A single output predicts class 1 above `threshold`.
Quality quality_of(const BatchLike auto& prediction, const BatchLike auto& y, const Targets& targets,
                   double threshold) {
  Quality quality;
  if (targets.are_classes()) {
    double wrong = 0;
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index label = targets.labels[static_cast<std::size_t>(j)];
      if (label < 0) continue;
      wrong += predicted_class(prediction, j, threshold) != label;
      ++quality.samples;
    }
    const std::vector<Index> counts = targets.counts();
    quality.error = wrong / quality.samples;
    quality.constant =
        1 - static_cast<double>(*std::max_element(counts.begin(), counts.end())) / quality.samples;
  } else {
    double squares = 0, variance = 0;
    for (const double v : moments_of(y).variance) variance += v;
    for (Index j = 0; j < y.cols(); ++j)
      for (Index i = 0; i < y.rows(); ++i) {
        const double d = static_cast<double>(prediction(i, j)) - static_cast<double>(y(i, j));
        squares += d * d;
      }
    quality.samples = static_cast<double>(y.cols());
    quality.error = variance > 0 ? squares / quality.samples / variance : 1;
  }
  return quality;
}

/// The prediction is nearly the same for all samples.
inline std::optional<Finding> same_output(double spread) {
  if (spread >= limit::output_spread) return {};
  return Finding{.rule = {},
                 .what = joined({"expected outputs that differ between samples, got a deviation of ",
                                 rounded(spread), " times their root mean square"}),
                 .cure = "look for dead or saturated units, a large penalty or a small learning rate",
                 .measured = spread,
                 .limit = limit::output_spread};
}

/// The network is no better on the training set than a constant prediction.
inline std::optional<Finding> constant_predictor(const Quality& train, bool of_classes) {
  const bool is_useless = of_classes ? train.is_no_better_than_constant(true)
                                     : train.samples > 0 && train.error > 1 - limit::explained_variance;
  if (!is_useless) return {};
  return Finding{.rule = {},
                 .what = of_classes ? joined({"the error on the training set is ", percent(train.error),
                                              ", that of the most frequent class ", percent(train.constant)})
                                    : joined({"the predictions explain ", percent(1 - train.error),
                                              " of the variance of the training targets"}),
                 .cure = "see whether it can learn a single batch; check learning rate, penalty and targets",
                 .measured = train.error,
                 .limit = of_classes ? train.constant : 1 - limit::explained_variance};
}

/// The network fits the training set, but knows nothing of the validation set.
inline std::optional<Finding> memorized_targets(const Quality& train, const Quality& dev, bool of_classes) {
  if (!dev.is_no_better_than_constant(of_classes) || train.error > dev.error - limit::memorized) return {};
  return Finding{
      .rule = {},
      .what = joined({of_classes ? "the error is " : "the unexplained variance is ", percent(train.error),
                      " on the training set, but ", percent(dev.error),
                      " on the validation set, where a constant prediction has ", percent(dev.constant)}),
      .cure = "check that features and targets of a sample are in the same row; collect more samples",
      .measured = dev.error,
      .limit = dev.constant};
}

/// The nearest neighbors in the training set predict it better than the network that was trained on it.
inline std::optional<Finding> underfitting(double error, double error_of_neighbors) {
  const double bound = error_of_neighbors + limit::underfitting;
  if (error <= bound) return {};
  return Finding{
      .rule = {},
      .what = joined({"the error on the training set is ", percent(error), ", that of the nearest neighbors ",
                      percent(error_of_neighbors)}),
      .cure = "train longer or with another learning rate, enlarge the network, or lower the penalty",
      .measured = error,
      .limit = bound};
}

/// The running statistics of a `BatchNorm` are not those of the data.
struct RunningStatistics {
  std::string path;
  double mean = 0;      // median over features of the distance of the means, in deviations
  double variance = 1;  // median factor between the variances
  double initial = 0;   // share of the initial values in the averages
};

inline std::optional<Finding> running_statistics(const RunningStatistics& at) {
  Finding finding{.rule = {},
                  .place = at.path,
                  .what = {},
                  .cure = "call estimate_statistics after training, or set .momentum = 0.9"};
  if (at.initial > limit::statistics_initial) {
    finding.what = joined({percent(at.initial), " of the running statistics are their initial values"});
    finding.measured = at.initial, finding.limit = limit::statistics_initial;
  } else if (at.mean > limit::statistics_mean) {
    finding.what = joined({"the running mean is off that of the data by ", rounded(at.mean), " deviations"});
    finding.measured = at.mean, finding.limit = limit::statistics_mean;
  } else if (at.variance > limit::statistics_variance) {
    finding.what =
        joined({"the running variance is off that of the data by a factor of ", rounded(at.variance)});
    finding.measured = at.variance, finding.limit = limit::statistics_variance;
  } else {
    return {};
  }
  return finding;
}

}  // namespace descent::detail
