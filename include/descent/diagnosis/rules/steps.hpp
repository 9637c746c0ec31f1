#pragma once

#include <algorithm>
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

/// The median over steps of update over weight for the matrix in which it is least, and in which it is largest.
struct UpdateRatios {
  double least = 0, most = 0;
};

inline UpdateRatios update_ratios(const std::vector<Look>& looks) {
  UpdateRatios ratios;
  for (std::size_t i = 0; !looks.empty() && i < looks.front().weights.size(); ++i) {
    std::vector<double> values;
    for (const Look& look : looks)
      if (i < look.weights.size() && look.weights[i].weight > 0)
        values.push_back(look.weights[i].update_ratio());
    const double ratio = median(std::move(values));
    ratios.least = i == 0 ? ratio : std::min(ratios.least, ratio);
    ratios.most = i == 0 ? ratio : std::max(ratios.most, ratio);
  }
  return ratios;
}

/// The updates of all weights are too small for training to move them.
inline std::optional<Finding> small_steps(const UpdateRatios& ratios, double learning_rate) {
  if (ratios.most >= limit::small_steps || ratios.most == 0) return {};
  return Finding{
      .rule = {},
      .what = joined({"expected updates of at least ", limit::small_steps,
                      " times the weights in some layer, got at most ", rounded(ratios.most)}),
      .cure = joined({"raise the learning rate, from ", rounded(learning_rate), " to about ",
                      Formatted{learning_rate * 3e-3 / ratios.most, std::chars_format::general, 1}}),
      .measured = ratios.most,
      .limit = limit::small_steps};
}

/// The updates of all weights are so large that training overshoots.
inline std::optional<Finding> large_steps(const UpdateRatios& ratios, double learning_rate) {
  if (ratios.least <= limit::large_steps) return {};
  return Finding{
      .rule = {},
      .what = joined({"expected updates of at most ", limit::large_steps,
                      " times the weights in some layer, got at least ", rounded(ratios.least)}),
      .cure = joined({"lower the learning rate, from ", rounded(learning_rate), " to about ",
                      Formatted{learning_rate * 3e-3 / ratios.least, std::chars_format::general, 1}}),
      .measured = ratios.least,
      .limit = limit::large_steps};
}

/// The loss rises far above that of the first step.
inline std::optional<Finding> rising_loss(const std::vector<Look>& looks) {
  if (looks.empty()) return {};
  const double first = looks.front().loss;
  for (const Look& look : looks)
    if (look.loss > limit::rising_loss * first)
      return Finding{.rule = {},
                     .what = joined({"the loss rose from ", rounded(first), " to ", rounded(look.loss)}),
                     .cure = "lower the learning rate",
                     .measured = look.loss / first,
                     .limit = limit::rising_loss};
  return {};
}

/// The penalty outweighs the loss before the weights are of any use.
inline std::optional<Finding> penalty(const Look& first) {
  if (!(first.penalty > limit::penalty * first.loss)) return {};
  return Finding{
      .rule = {},
      .what = joined({"expected a penalty below the loss of ", rounded(first.loss),
                      " at the first step, got ", rounded(first.penalty)}),
      .cure = "lower .lambda of the regularizer: it shrinks the weights instead of fitting the data",
      .measured = first.penalty / first.loss,
      .limit = limit::penalty};
}

}  // namespace descent::detail
