#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/tree/unit_kind.hpp"

// Rules that examine the outputs and the gradients of a network.
namespace descent::inline DESCENT_ABI::detail {

/// The outputs before the first step are far from the scale of targets, `scale`: that of logits is 1.
inline std::optional<Finding> initial_outputs(double rms, double scale, Index outputs) {
  const double relative = rms / scale;
  const double least = outputs == 1 ? limit::least_single_output_rms : limit::least_output_rms;
  const bool too_large = relative > limit::largest_output_rms;
  if (!too_large && relative >= least) return {};
  const double bound = too_large ? limit::largest_output_rms : least;
  return Finding{
      .rule = {},
      .what = joined({"expected outputs with a root mean square of ", too_large ? "at most " : "at least ",
                      rounded(bound * scale), " before the first step, got ", rounded(rms)}),
      .cure = too_large ? "initialize with HeNormal or XavierNormal, and scale the inputs"
                        : "initialize with HeNormal or XavierNormal, not with smaller numbers or zeros",
      .measured = relative,
      .limit = bound};
}

/// True if the weight is that of an embedding, whose gradient is 0 but for the tokens of the batch.
inline bool is_embedding(const WeightStatistics& weight, const std::vector<OutputStatistics>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [&](const OutputStatistics& output) {
    return output.type.ends_with("Embedding") && weight.path == output.path + ".weight";
  });
}

/// The gradient hardly reaches the first weights of a deep network. The larger of the first two counts: weights before a
/// BatchNorm that have a single input have no gradient.
inline std::optional<Finding> vanishing_gradient(std::vector<WeightStatistics> weights,
                                                 const std::vector<OutputStatistics>& outputs = {}) {
  constexpr std::size_t deep = 4;
  std::erase_if(weights, [&](const WeightStatistics& weight) { return is_embedding(weight, outputs); });
  if (weights.size() < deep || !(weights.back().gradient > 0)) return {};
  const double ratio = std::max(weights[0].gradient, weights[1].gradient) / weights.back().gradient;
  if (ratio >= limit::vanishing) return {};
  return Finding{
      .rule = {},
      .place = weights.front().path,
      .what = joined({"expected a gradient of at least ", limit::vanishing, " times that of \"",
                      weights.back().path, "\", got ", rounded(ratio), " times"}),
      .cure = "replace Sigmoid and Tanh by ReLU, initialize with HeNormal, or add BatchNorm or Residual",
      .measured = ratio,
      .limit = limit::vanishing};
}

/// Two units of a layer have equal weights and gradients, so that no training tells them apart.
inline std::optional<Finding> symmetric_units(const std::vector<WeightStatistics>& weights) {
  for (const WeightStatistics& w : weights)
    if (w.has_equal_units)
      return Finding{.rule = {},
                     .severity = Severity::error,
                     .place = w.path,
                     .what = "two units have equal weights and equal gradients, and will always be equal",
                     .cure = "initialize the weights with random numbers, such as HeNormal"};
  return {};
}

/// True for a layer with an activation, whose units can die. Another one is constant for a reason before it, or because it
/// begins as a zero.
inline bool has_activation(const OutputStatistics& output) {
  return !output.is_composition && output.unit_kind == UnitKind::activated;
}

/// Returns the layer before the last with the largest share, or nullptr if that is at most `limit`.
inline const OutputStatistics* worst_of(const std::vector<OutputStatistics>& outputs, double limit,
                                        double OutputStatistics::*share) {
  const OutputStatistics* worst = nullptr;
  for (std::size_t i = 0; i + 1 < outputs.size(); ++i)
    if (const auto& output = outputs[i]; has_activation(output) && output.*share > limit)
      if (worst == nullptr || output.*share > worst->*share) worst = &output;
  return worst;
}

/// Units of a layer have the same output for every sample.
inline std::optional<Finding> dead_units(const std::vector<OutputStatistics>& outputs, Index samples) {
  const OutputStatistics* worst = worst_of(outputs, limit::dead_units, &OutputStatistics::constant);
  if (worst == nullptr) return {};
  return Finding{.rule = {},
                 .place = worst->path,
                 .what = joined({percent(worst->constant), " of the units have the same output for all of ",
                                 samples, " samples"}),
                 .cure = "lower the learning rate, initialize with HeNormal, or use LeakyReLU or BatchNorm",
                 .measured = worst->constant,
                 .limit = limit::dead_units};
}

/// A bounded activation is nearly flat at most of its outputs.
inline std::optional<Finding> saturated_units(const std::vector<OutputStatistics>& outputs, bool is_first) {
  const double bound = is_first ? limit::saturated_first : limit::saturated;
  const OutputStatistics* worst = worst_of(outputs, bound, &OutputStatistics::saturated);
  if (worst == nullptr) return {};
  return Finding{
      .rule = {},
      .place = worst->path,
      .what = joined({percent(worst->saturated), " of the outputs of this ", worst->type, " are saturated"}),
      .cure = is_first ? "initialize with XavierNormal, scale the inputs, or use ReLU"
                       : "lower the learning rate, or use ReLU or BatchNorm",
      .measured = worst->saturated,
      .limit = bound};
}

/// The last layer cannot return the targets, which lie between `least` and `most`; for logits, these are -1 and 1.
inline std::optional<Finding> output_range(std::string_view last, double least, double most) {
  struct Range {
    std::string_view type;
    double least, most;
  };
  constexpr double any = 1e300;
  constexpr Range ranges[] = {{"ReLU", 0, any},  {"ReLU6", 0, 6},       {"Softplus", 0, any},
                              {"Sigmoid", 0, 1}, {"HardSigmoid", 0, 1}, {"Softmax", 0, 1},
                              {"Tanh", -1, 1},   {"HardTanh", -1, 1},   {"Softsign", -1, 1},
                              {"LSTM", -1, 1},   {"GRU", -1, 1}};
  for (const Range& range : ranges) {
    if (range.type != last || (least >= range.least && most <= range.most)) continue;
    const bool below = least < range.least;
    return Finding{.rule = {},
                   .severity = Severity::error,
                   .what = joined({"the last layer, ", last, ", returns no number ",
                                   below ? "below " : "above ", below ? range.least : range.most,
                                   ", but the targets have ", rounded(below ? least : most)}),
                   .cure = "remove the last layer, or scale the targets",
                   .measured = below ? least : most,
                   .limit = below ? range.least : range.most};
  }
  return {};
}

}  // namespace descent::detail
