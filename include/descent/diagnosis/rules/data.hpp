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
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/statistics.hpp"

// Rules that examine the features and the targets of one data set.
namespace descent::inline DESCENT_ABI::detail {

/// Mean and variance of each row.
struct Moments {
  std::vector<double> mean, variance;

  double rms(std::size_t i) const { return std::sqrt(mean[i] * mean[i] + variance[i]); }
  /// True if all values of the row are equal.
  bool is_constant(std::size_t i) const { return variance[i] == 0; }
};

/// Computes the moments of each row. Sums are taken relative to the first column, so that equal values have variance 0.
Moments moments_of(const BatchLike auto& x) {
  const auto samples = static_cast<double>(x.cols());
  Vector<double> sums = Vector<double>::Zero(x.rows()), squares = sums;
  for (Index j = 1; j < x.cols(); ++j) {
    const auto difference = (x.col(j) - x.col(0)).template cast<double>().array();
    sums.array() += difference;
    squares.array() += difference.square();
  }
  Moments moments;
  for (Index i = 0; i < x.rows(); ++i) {
    const double mean = sums[i] / samples;
    moments.mean.push_back(mean + static_cast<double>(x(i, 0)));
    moments.variance.push_back(std::max(0.0, squares[i] / samples - mean * mean));
  }
  return moments;
}

/// Computes the moments of the features or, of images and sequences, of the channels, without the padding.
template <std::floating_point T>
Moments moments_of_inputs(const Dataset<T>& data) {
  const Shape shape = data.sample_shape();
  if (!data.lengths.empty()) {
    Matrix<T> memory;
    return moments_of(without_padding(data.inputs(), memory));
  }
  Moments all = moments_of(data.x);
  if (shape.positions() == 1) return all;
  Moments channels;
  const auto positions = static_cast<double>(shape.positions());
  const auto count = static_cast<std::size_t>(shape.channels);
  for (std::size_t c = 0; c < count; ++c) {
    double mean = 0, variance = 0;  // relative to the first position, as in moments_of
    for (std::size_t i = c; i < all.mean.size(); i += count) mean += (all.mean[i] - all.mean[c]) / positions;
    for (std::size_t i = c; i < all.mean.size(); i += count) {
      const double deviation = all.mean[i] - all.mean[c] - mean;
      variance += (all.variance[i] + deviation * deviation) / positions;
    }
    channels.mean.push_back(all.mean[c] + mean), channels.variance.push_back(variance);
  }
  return channels;
}

/// Returns the name of a feature, or else its number.
template <std::floating_point T>
std::string feature_name(const Dataset<T>& data, std::size_t i) {
  return i < data.feature_names.size() ? data.feature_names[i] : joined({"feature ", i});
}
/// The same for a feature that `moments_of_inputs` measures, which may be a channel.
template <std::floating_point T>
std::string input_name(const Dataset<T>& data, std::size_t i) {
  return data.sample_shape().positions() > 1 ? joined({"channel ", i}) : feature_name(data, i);
}
/// Returns the name of a class, or else its number.
template <std::floating_point T>
std::string class_name(const Dataset<T>& data, std::size_t c) {
  return c < data.class_names.size() ? joined({'"', data.class_names[c], '"'}) : joined({"class ", c});
}

/// The largest feature is far from a scale of 1.
template <std::floating_point T>
std::optional<Finding> feature_scale(const Dataset<T>& data, const Moments& features) {
  std::size_t largest = 0;
  for (std::size_t i = 1; i < features.mean.size(); ++i)
    if (features.rms(i) > features.rms(largest)) largest = i;
  const double rms = features.rms(largest);
  const bool too_large = rms > limit::largest_feature_rms;
  if (!too_large && rms >= limit::least_feature_rms) return {};
  const double bound = too_large ? limit::largest_feature_rms : limit::least_feature_rms;
  return Finding{.rule = {},
                 .place = input_name(data, largest),
                 .what = joined({"expected a root mean square of ", too_large ? "at most " : "at least ",
                                 bound, " for the largest feature, got ", rounded(rms)}),
                 .cure = "bring the features to mean 0 and deviation 1 with Standardize",
                 .measured = rms,
                 .limit = bound};
}

/// A target to be predicted as a number is far from a scale of 1, or is constant. Of many targets, such as the pixels of
/// an image, only the largest counts.
inline std::optional<Finding> target_scale(const Moments& targets) {
  constexpr std::size_t many = 8;
  const std::size_t count = targets.mean.size();
  std::size_t first = 0, last = count;
  if (count > many) {
    for (std::size_t i = 1; i < count; ++i)
      if (!targets.is_constant(i) && (targets.is_constant(first) || targets.rms(i) > targets.rms(first)))
        first = i;
    last = first + 1;
  }
  for (std::size_t i = first; i < last; ++i) {
    const double rms = targets.rms(i), deviation = std::sqrt(targets.variance[i]);
    const std::string place = count == 1 ? "" : joined({"target ", i});
    if (targets.is_constant(i))
      return Finding{.rule = {},
                     .severity = Severity::error,
                     .place = place,
                     .what = joined({"expected targets that differ, got ", rounded(targets.mean[i]),
                                     " for every sample"}),
                     .cure = "check the column that is read as the target"};
    if (rms <= limit::largest_target_rms && deviation >= limit::least_target_deviation) continue;
    const bool too_large = rms > limit::largest_target_rms;
    const double measured = too_large ? rms : deviation;
    const double bound = too_large ? limit::largest_target_rms : limit::least_target_deviation;
    return Finding{
        .rule = {},
        .place = place,
        .what = joined({"expected targets with a ",
                        too_large ? "root mean square of at most " : "standard deviation of at least ", bound,
                        ", got ", rounded(measured)}),
        .cure = "standardize the targets too, and invert the predictions",
        .measured = measured,
        .limit = bound};
  }
  return {};
}

/// Numbers to be predicted look like classes: all integers from 0 to at least 2, none missing, at most 20.
std::optional<Finding> classes_as_numbers(const BatchLike auto& y, const Targets& targets) {
  constexpr Index most_classes = 20;
  if (!targets.are_numbers() || y.rows() != 1) return {};
  std::vector<bool> seen;
  for (Index j = 0; j < y.cols(); ++j) {
    const auto value = static_cast<double>(y(0, j));
    if (value < 0 || value >= most_classes || std::floor(value) != value) return {};
    const auto label = static_cast<std::size_t>(value);
    if (label >= seen.size()) seen.resize(label + 1);
    seen[label] = true;
  }
  if (seen.size() < 3 || std::find(seen.begin(), seen.end(), false) != seen.end()) return {};
  return Finding{.rule = {},
                 .severity = Severity::note,
                 .what = joined({"the targets look like classes 0 to ", seen.size() - 1}),
                 .cure = "take SoftmaxCrossEntropy and an output for each class if their order means nothing",
                 .measured = static_cast<double>(seen.size())};
}

/// Features are the same for all samples: a note, or a warning if they are many.
template <std::floating_point T>
std::optional<Finding> constant_features(const Dataset<T>& data, const Moments& features) {
  std::size_t count = 0, first = 0;
  for (std::size_t i = features.mean.size(); i-- > 0;)
    if (features.is_constant(i)) ++count, first = i;
  if (count == 0) return {};
  const double share = static_cast<double>(count) / static_cast<double>(features.mean.size());
  return Finding{.rule = {},
                 .severity = share > limit::constant_features ? Severity::warning : Severity::note,
                 .place = input_name(data, first),
                 .what = joined({count, " of ", features.mean.size(),
                                 data.sample_shape().positions() > 1 ? " channels" : " features",
                                 " are constant, beginning with this"}),
                 .cure = share > limit::constant_features ? "check how the file is read; leave them out" : "",
                 .measured = share,
                 .limit = limit::constant_features};
}

/// A class is much rarer than the others.
template <std::floating_point T>
std::optional<Finding> class_share(const Dataset<T>& data, const Targets& targets) {
  const std::vector<Index> counts = targets.counts();
  Index samples = 0;
  for (const Index count : counts) samples += count;
  const auto rarest =
      static_cast<std::size_t>(std::min_element(counts.begin(), counts.end()) - counts.begin());
  const double share = static_cast<double>(counts[rarest]) / static_cast<double>(samples);
  const double least = limit::class_share / static_cast<double>(counts.size());
  if (!(share < least)) return {};
  if (counts[rarest] == 0)
    return Finding{.rule = {},
                   .what = joined({"expected samples of each of the ", counts.size(),
                                   " classes, got none of ", class_name(data, rarest)}),
                   .cure = "give the last layer one output for each class, or check how the set was split",
                   .limit = least};
  return Finding{.rule = {},
                 .what = joined({"expected a share of at least ", percent(least), " for each class, got ",
                                 percent(share), " for ", class_name(data, rarest)}),
                 .cure = "pass .class_weights, and measure recall or F1 instead of accuracy",
                 .measured = share,
                 .limit = least};
}

/// There are so few samples, of a class or in all, that every measurement is noise.
template <std::floating_point T>
std::optional<Finding> few_samples(const Dataset<T>& data, const Targets& targets) {
  constexpr std::string_view cure = "collect more samples, or estimate the error with k_fold";
  if (!targets.are_classes()) {
    const auto size = static_cast<double>(data.samples());
    if (size >= limit::set_size) return {};
    return Finding{.rule = {},
                   .what = joined({"expected at least ", limit::set_size, " samples, got ", data.samples()}),
                   .cure = std::string{cure},
                   .measured = size,
                   .limit = limit::set_size};
  }
  const std::vector<Index> counts = targets.counts();
  const auto rarest =
      static_cast<std::size_t>(std::min_element(counts.begin(), counts.end()) - counts.begin());
  const auto size = static_cast<double>(counts[rarest]);
  if (size == 0 || size >= limit::class_size) return {};  // without any, `class share` speaks up
  return Finding{.rule = {},
                 .what = joined({"expected at least ", limit::class_size, " samples of each class, got ",
                                 counts[rarest], " of ", class_name(data, rarest)}),
                 .cure = std::string{cure},
                 .measured = size,
                 .limit = limit::class_size};
}

/// The targets are in an order that is not random.
inline std::optional<Finding> target_order(const TargetOrder& order, Severity severity, std::string_view what,
                                           std::string_view cure) {
  if (order.expected < limit::order_pairs || order.observed >= limit::order * order.expected) return {};
  const double ratio = order.observed / order.expected;
  return Finding{.rule = {},
                 .severity = severity,
                 .what = joined({what, "consecutive targets differ ", rounded(ratio),
                                 " times as much as in random order"}),
                 .cure = std::string{cure},
                 .measured = ratio,
                 .limit = limit::order};
}

/// Returns the order of the targets of a whole data set.
template <std::floating_point T>
TargetOrder order_of(const Dataset<T>& data, const Targets& targets) {
  TargetOrder order;
  if (targets.are_classes()) order.add_classes(targets.labels, targets.counts());
  if (targets.are_numbers()) order.add_numbers(data.y, moments_of(data.y).variance);
  return order;
}

/// The share of the variance of a target that a linear function of one feature does not explain, for rows of n samples.
double unexplained(const auto& feature, const auto& target) {
  const double x_mean = feature.template cast<double>().mean(),
               y_mean = target.template cast<double>().mean();
  double xx = 0, yy = 0, xy = 0;
  for (Index j = 0; j < feature.size(); ++j) {
    const double x = static_cast<double>(feature[j]) - x_mean, y = static_cast<double>(target[j]) - y_mean;
    xx += x * x, yy += y * y, xy += x * y;
  }
  return xx > 0 && yy > 0 ? 1 - xy * xy / (xx * yy) : 1;
}

/// A feature is the target itself, up to scale.
template <std::floating_point T>
std::optional<Finding> leaking_feature(const Dataset<T>& data) {
  if (data.samples() < 3) return {};
  for (Index t = 0; t < data.y.rows(); ++t)
    for (Index i = 0; i < data.features(); ++i) {
      const double rest = unexplained(data.x.row(i), data.y.row(t));
      if (rest >= limit::leak) continue;
      return Finding{.rule = {},
                     .severity = Severity::error,
                     .place = feature_name(data, static_cast<std::size_t>(i)),
                     .what = joined({"the feature is a linear function of ",
                                     data.y.rows() == 1 ? "the target" : joined({"target ", t})}),
                     .cure = "leave it out: it will not be known when the model is used",
                     .measured = rest,
                     .limit = limit::leak};
    }
  return {};
}

}  // namespace descent::detail
