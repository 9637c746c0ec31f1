#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/rules/data.hpp"
#include "descent/diagnosis/rules/network.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/tree/describe.hpp"

// The rules that `examine` applies before the first step, and `Doctor` at the first step.
namespace descent::inline DESCENT_ABI::detail {

/// Returns the name of the first layer of a network, within compositions. The input of a `Residual` passes by its layers.
template <Layer M>
std::string first_layer(const M& model) {
  LayerDescription layer = describe(model);
  while (!layer.layers.empty() && layer.type != "Residual") {
    LayerDescription first = std::move(layer.layers.front().layer);
    layer = std::move(first);
  }
  return layer.type;
}

/// True if the inputs are tokens, which have no scale and no distance.
template <Layer M>
bool takes_tokens(const M& model) {
  return first_layer(model) == "Embedding";
}

/// True if the first layer of the network scales its inputs, or takes tokens.
template <Layer M>
bool scales_its_inputs(const M& model) {
  constexpr std::string_view scaling[] = {"Standardize", "MinMax",       "BatchNorm", "LayerNorm",
                                          "GroupNorm",   "InstanceNorm", "RMSNorm",   "Embedding"};
  return std::find(std::begin(scaling), std::end(scaling), first_layer(model)) != std::end(scaling);
}

/// A layer drops nearly all that reaches it.
inline std::optional<Finding> strong_dropout(const LayerDescription& layer, const std::string& path = "") {
  for (const auto& [name, part] : layer.layers)
    if (auto finding = strong_dropout(part, path.empty() ? name : joined({path, ".", name}))) return finding;
  for (const auto& [name, keep] : layer.options)
    if (name == "keep" && keep < limit::dropout_keep)
      return Finding{
          .rule = {},
          .place = path,
          .what = joined({"expected .keep of at least ", limit::dropout_keep, ", got ", rounded(keep)}),
          .cure = "pass the probability to keep a value, such as 0.8, not that to drop it",
          .measured = keep,
          .limit = limit::dropout_keep};
  return {};
}

/// Applies the rules of the features and the targets that need nothing but their scale and their number. `outputs` is the
/// shape of the model's outputs.
template <Layer M>
void examine_values(RuleBook& rules, const M& model, const Dataset<typename M::Scalar>& train,
                    const Moments& features, const Targets& targets, const Shape& outputs) {
  if (!scales_its_inputs(model)) rules.apply("feature scale", [&] { return feature_scale(train, features); });
  if (targets.are_numbers())
    rules.apply("target scale", [&] {
      Matrix<typename M::Scalar> memory;
      return target_scale(moments_of(scored_targets(outputs, train, memory)));
    });
  if (targets.are_classes()) rules.apply("class share", [&] { return class_share(train, targets); });
  if (!are_scored_by_step(outputs, train))
    rules.apply("few samples", [&] { return few_samples(train, targets); });
}

/// Applies the rules of the outputs and the gradients of a network before the first step.
template <Layer M>
void examine_first_look(RuleBook& rules, const M& model, const Look& look, OutputKind kind, Index outputs,
                        double target_scale) {
  rules.apply("strong dropout", [&] { return strong_dropout(describe(model)); });
  if (kind == OutputKind::scores || kind == OutputKind::unknown)
    rules.apply("initial outputs",
                [&] { return initial_outputs(look.outputs.back().rms, target_scale, outputs); });
  rules.apply("vanishing gradient", [&] { return vanishing_gradient(look.weights, look.outputs); });
  rules.apply("symmetric units", [&] { return symmetric_units(look.weights); });
  rules.apply("saturated units", [&] { return saturated_units(look.outputs, true); });
}

/// Returns the scale of the outputs that targets ask for: their root mean square, or 1 for classes.
template <std::floating_point T>
double scale_of(const Batch<T>& y, const Targets& targets) {
  if (!targets.are_numbers() || y.size() == 0) return 1;
  const double rms = std::sqrt(static_cast<double>(y.array().square().mean()));
  return rms > 0 ? rms : 1;
}

}  // namespace descent::detail
