#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/statistics.hpp"

// Rules that examine the first steps of training.
namespace descent::inline DESCENT_ABI::detail {

/// Returns the median, or 0 of no values.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Returns the typical size of the updates relative to the weights: the geometric mean over the layers of the median over
/// the first steps; 0 without any. Later the ratio falls as training converges. The mean over layers lets a few of them
/// move fast, as the last does after a small initialization.
inline double update_ratio(const std::vector<Look>& looks) {
  double logarithms = 0, layers = 0;
  for (std::size_t i = 0; !looks.empty() && i < looks.front().weights.size(); ++i) {
    std::vector<double> ratios;
    for (const Look& look : looks)
      if (look.step <= limit::update_steps && i < look.weights.size() && look.weights[i].weight > 0)
        ratios.push_back(look.weights[i].update_ratio());
    const double ratio = median(std::move(ratios));
    if (ratio > 0) logarithms += std::log(ratio), ++layers;
  }
  return layers > 0 ? std::exp(logarithms / layers) : 0;
}

/// Returns a learning rate at which updates have a healthy size.
inline Formatted healthy_rate(double learning_rate, double ratio) {
  constexpr double healthy = 4e-3;
  return {learning_rate * healthy / ratio, std::chars_format::general, 1};
}

/// The updates are too small for training to move the weights. Silent while the learning rate warms up.
inline std::optional<Finding> small_steps(const std::vector<Look>& looks) {
  const double ratio = update_ratio(looks);
  if (ratio == 0 || ratio >= limit::small_steps) return {};
  const double first = looks.front().learning_rate, last = looks.back().learning_rate;
  if (last > first) return {};
  return Finding{.rule = {},
                 .what = joined({"expected updates of at least ", limit::small_steps,
                                 " times the weights, got ", rounded(ratio)}),
                 .cure = joined({"raise the learning rate from ", rounded(last), " to about ",
                                 healthy_rate(last, ratio)}),
                 .measured = ratio,
                 .limit = limit::small_steps};
}

/// The updates are so large that training overshoots.
inline std::optional<Finding> large_steps(const std::vector<Look>& looks) {
  const double ratio = update_ratio(looks);
  if (ratio <= limit::large_steps) return {};
  const double rate = looks.back().learning_rate;
  return Finding{.rule = {},
                 .what = joined({"expected updates of at most ", limit::large_steps,
                                 " times the weights, got ", rounded(ratio)}),
                 .cure = joined({"lower the learning rate from ", rounded(rate), " to about ",
                                 healthy_rate(rate, ratio)}),
                 .measured = ratio,
                 .limit = limit::large_steps};
}

/// The loss rises far above that of the first step, at more than one look: a single batch may be an outlier.
inline std::optional<Finding> rising_loss(const std::vector<Look>& looks) {
  if (looks.size() < 2) return {};
  const double first = looks.front().loss;
  double largest = 0, second = 0;
  for (const Look& look : looks) {
    second = std::max(second, std::min(look.loss, largest));
    largest = std::max(largest, look.loss);
  }
  if (first <= 0 || second <= limit::rising_loss * first) return {};
  return Finding{
      .rule = {},
      .what = joined({"the loss rose from ", rounded(first), " to ", rounded(second), " and more"}),
      .cure = "lower the learning rate",
      .measured = second / first,
      .limit = limit::rising_loss};
}

/// The penalty outweighs the loss before the weights are of any use.
inline std::optional<Finding> penalty(const Look& first) {
  if (first.loss <= 0 || first.penalty <= limit::penalty * first.loss) return {};
  return Finding{
      .rule = {},
      .what = joined({"expected a penalty below the loss of ", rounded(first.loss),
                      " at the first step, got ", rounded(first.penalty)}),
      .cure = "lower .lambda of the regularizer: it shrinks the weights instead of fitting the data",
      .measured = first.penalty / first.loss,
      .limit = limit::penalty};
}

}  // namespace descent::detail
