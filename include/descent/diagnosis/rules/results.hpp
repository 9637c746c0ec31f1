#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>
#include <optional>
#include <string>
#include <type_traits>
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

/// The quality of predictions, compared with that of the best constant one.
struct Quality {
  double error =
      0;  // the share of wrong classes; of numbers, the mean squared error over the variance, 1 - R^2
  double constant = 1;        // that error of the constant prediction
  double standard_error = 0;  // of the difference of the two
  double association =
      0;  // covariance of predictions and targets, in its standard errors if they were unrelated
  double samples = 0;

  bool is_no_better_than_constant() const {
    return samples > 0 && error > constant - limit::standard_errors * standard_error;
  }
};

/// The mean and the standard error of differences between the errors of two predictions for the same samples.
struct Differences {
  double count = 0, sum = 0, squares = 0;

  void add(double difference) { ++count, sum += difference, squares += difference * difference; }
  double standard_error() const {
    const double mean = sum / count;
    return std::sqrt(std::max(0.0, squares / count - mean * mean) / count);
  }
};

/// Returns the association of centered numbers, one column for each sample.
///
///   sqrt(n) sum_j p_j . y_j / |P^T Y|      |P^T Y|^2 = tr(P P^T Y Y^T)
///
/// Of a single row it is the correlation times sqrt(n). Unrelated numbers have a mean of 0 and a variance of 1.
template <std::floating_point T>
double association_of_numbers(const Matrix<T>& p, const Matrix<T>& y) {
  const auto samples = static_cast<double>(p.cols());
  const double squares =
      static_cast<double>(p.rows() <= p.cols() ? (p * p.transpose()).cwiseProduct(y * y.transpose()).sum()
                                               : (p.transpose() * y).squaredNorm());
  return squares > 0 ? static_cast<double>(p.cwiseProduct(y).sum()) * std::sqrt(samples / squares) : 0;
}

/// Returns the same for classes, of which each is a row of zeros and ones: Cohen's kappa over its standard error.
///
/// Source   Fleiss, Cohen, Everitt: Large sample standard errors of kappa and weighted kappa (Psychological Bulletin 72,
///          1969)
inline double association_of_classes(const std::vector<double>& predicted, const std::vector<double>& actual,
                                     double right, double samples) {
  double chance = 0, correction = 0;
  for (std::size_t c = 0; c < actual.size(); ++c) {
    const double p = predicted[c] / samples, y = actual[c] / samples;
    chance += p * y, correction += p * y * (p + y);
  }
  const double variance = (chance + chance * chance - correction) / samples;
  constexpr double rounding = 1e-12;
  return variance > rounding ? (right / samples - chance) / std::sqrt(variance) : 0;
}

/// Measures predictions of classes. A single output predicts class 1 above `threshold`.
Quality quality_of_classes(const BatchLike auto& prediction, const Targets& targets, double threshold) {
  const std::vector<Index> counts = targets.counts();
  const Index frequent = std::max_element(counts.begin(), counts.end()) - counts.begin();
  Quality quality{.constant = 0};
  Differences differences;
  std::vector<double> predicted(counts.size()), actual(counts.size());
  for (Index j = 0; j < prediction.cols(); ++j) {
    const Index label = targets.labels[static_cast<std::size_t>(j)];
    if (label < 0) continue;
    const Index guess = predicted_class(prediction, j, threshold);
    ++predicted[static_cast<std::size_t>(guess)], ++actual[static_cast<std::size_t>(label)];
    const bool wrong = guess != label, constant_wrong = label != frequent;
    quality.error += wrong, quality.constant += constant_wrong;
    differences.add(static_cast<double>(wrong) - static_cast<double>(constant_wrong));
  }
  quality.samples = differences.count;
  if (quality.samples == 0) return {};
  quality.association =
      association_of_classes(predicted, actual, quality.samples - quality.error, quality.samples);
  quality.error /= quality.samples, quality.constant /= quality.samples;
  quality.standard_error = differences.standard_error();
  return quality;
}

/// Measures predictions of numbers. A constant target counts as not explained.
Quality quality_of_numbers(const BatchLike auto& prediction, const BatchLike auto& y) {
  const Moments moments = moments_of(y);
  double variance = 0, squares = 0;
  for (const double v : moments.variance) variance += v;
  if (variance == 0) return {.error = 1, .constant = 0, .samples = static_cast<double>(y.cols())};
  Differences differences;
  for (Index j = 0; j < y.cols(); ++j) {
    double residual = 0, deviation = 0;
    for (Index i = 0; i < y.rows(); ++i) {
      const double target = static_cast<double>(y(i, j)), r = static_cast<double>(prediction(i, j)) - target,
                   d = target - moments.mean[static_cast<std::size_t>(i)];
      residual += r * r, deviation += d * d;
    }
    squares += residual;
    differences.add((residual - deviation) / variance);
  }
  using T = typename std::decay_t<decltype(y)>::Scalar;
  const auto centered = [](const auto& numbers) {
    return Matrix<T>{numbers.colwise() - numbers.rowwise().mean().eval()};
  };
  return {.error = squares / differences.count / variance,
          .standard_error = differences.standard_error(),
          .association = association_of_numbers(centered(prediction), centered(y)),
          .samples = differences.count};
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
  const bool is_useless = of_classes ? train.is_no_better_than_constant()
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

/// The network has learned something of the training set, but its predictions for the validation set are unrelated to the
/// targets: their association may be chance, and is less than in as many training samples by more than chance.
inline std::optional<Finding> memorized_targets(const Quality& train, const Quality& dev, bool of_classes) {
  constexpr double least = 10;  // samples that are not of the most frequent class
  if (dev.constant * dev.samples < least) return {};
  const double like_train = train.association * std::sqrt(dev.samples / train.samples),
               bound =
                   std::min(limit::association, like_train - limit::standard_errors * std::numbers::sqrt2);
  if (dev.association >= bound) return {};
  return Finding{
      .rule = {},
      .what = joined({of_classes ? "the error is " : "the unexplained variance is ", percent(train.error),
                      " on the training set, but ", percent(dev.error),
                      " on the validation set, where the predictions are unrelated to the targets"}),
      .cure = "check that features and targets of a sample are in the same row; collect more samples",
      .measured = dev.association,
      .limit = bound};
}

/// The training set predicts each of its samples from others better than the network does that was trained on it: by the
/// nearest neighbors, or numbers by kernel ridge regression.
inline std::optional<Finding> underfitting(double error, double error_of_others, bool of_classes) {
  const double margin = of_classes ? limit::underfitting : limit::underfitting_numbers;
  if (error <= error_of_others + margin) return {};
  return Finding{
      .rule = {},
      .what = joined({of_classes ? "the error" : "the unexplained variance", " on the training set is ",
                      percent(error),
                      of_classes ? ", that of the nearest neighbors " : ", that of kernel ridge regression ",
                      percent(error_of_others)}),
      .cure = "train longer or with another learning rate, enlarge the network, or lower the penalty",
      .measured = error,
      .limit = error_of_others + margin};
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
