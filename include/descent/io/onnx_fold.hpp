#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

inline OnnxTensor& initializer(OnnxModel& model, const std::string& name) {
  const auto found = std::find_if(model.initializers.begin(), model.initializers.end(),
                                  [&](const OnnxTensor& tensor) { return tensor.name == name; });
  if (found == model.initializers.end())
    throw DataError("save_onnx", concat("expected \"", name, "\" to be a constant, found a value"),
                    "BatchNormalization takes constants; or write with .fold_batch_norm = false");
  return *found;
}

/// How often a value or a constant is taken.
inline std::ptrdiff_t count_uses(const OnnxModel& model, const std::string& name) {
  std::ptrdiff_t uses = 0;
  for (const OnnxNode& node : model.nodes) uses += std::count(node.inputs.begin(), node.inputs.end(), name);
  return uses;
}

/// Lets every node that took the value `from` take `to`.
inline void replace_value(OnnxModel& model, const std::string& from, const std::string& to) {
  for (OnnxNode& node : model.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    std::replace(node.outputs.begin(), node.outputs.end(), from, to);
  }
}

/// Makes one Gemm of a Gemm and the batch normalisation that alone follows it:
///
///   scale (W x + b) + shift = (scale W) x + (scale b + shift)
inline void fold_into_gemm(OnnxModel& model, OnnxNode& gemm, const OnnxTensor& scale,
                           const OnnxTensor& shift) {
  OnnxTensor& weight = initializer(model, gemm.inputs[1]);
  const std::size_t outputs = scale.values.size(), inputs = weight.values.size() / outputs;
  for (std::size_t i = 0; i < weight.values.size(); ++i) weight.values[i] *= scale.values[i / inputs];
  if (gemm.inputs.size() < 3) {
    gemm.inputs.push_back(shift.name);
    model.initializers.push_back(shift);
    return;
  }
  OnnxTensor& bias = initializer(model, gemm.inputs[2]);
  for (std::size_t i = 0; i < outputs; ++i)
    bias.values[i] = bias.values[i] * scale.values[i] + shift.values[i];
}

/// Replaces every batch normalisation by what it does at inference, y = scale x + shift:
///
///   scale = gamma / sqrt(variance + epsilon)      shift = beta - scale mean
///
/// It goes into the Dense before it, if nothing else takes that one's output; elsewhere it becomes Mul and Add.
inline void fold_batch_norms(OnnxModel& model) {
  for (std::size_t k = 0; k < model.nodes.size(); ++k) {
    if (model.nodes[k].op != "BatchNormalization") continue;
    const OnnxNode norm = model.nodes[k];
    const OnnxTensor gamma = initializer(model, norm.inputs[1]), beta = initializer(model, norm.inputs[2]),
                     mean = initializer(model, norm.inputs[3]), variance = initializer(model, norm.inputs[4]);
    std::erase_if(model.initializers, [&](const OnnxTensor& tensor) {
      return std::find(norm.inputs.begin(), norm.inputs.end(), tensor.name) != norm.inputs.end();
    });
    const double epsilon = attribute_or(norm, "epsilon", 1e-5);
    OnnxTensor scale = gamma, shift = beta;
    for (std::size_t i = 0; i < scale.values.size(); ++i) {
      scale.values[i] = gamma.values[i] / std::sqrt(variance.values[i] + epsilon);
      shift.values[i] = beta.values[i] - scale.values[i] * mean.values[i];
    }

    const std::string &x = norm.inputs[0], &y = norm.outputs[0];
    const auto before = std::find_if(model.nodes.begin(), model.nodes.end(), [&](const OnnxNode& node) {
      return node.op == "Gemm" && node.outputs[0] == x && attribute_or(node, "transB", std::int64_t{0}) == 1;
    });
    if (before != model.nodes.end() && count_uses(model, x) == 1) {
      fold_into_gemm(model, *before, scale, shift);
      model.nodes.erase(model.nodes.begin() + static_cast<std::ptrdiff_t>(k--));
      if (y == "y")
        replace_value(model, x, y);
      else
        replace_value(model, y, x);
    } else {
      const std::string scaled = norm.name + ".scaled";
      model.nodes[k] = {"Mul", scaled, {x, scale.name}, {scaled}, {}, {}};
      model.nodes.insert(model.nodes.begin() + static_cast<std::ptrdiff_t>(k + 1),
                         {"Add", norm.name, {scaled, shift.name}, {y}, {}, {}});
      model.initializers.push_back(std::move(scale));
      model.initializers.push_back(std::move(shift));
    }
  }
}

}  // namespace descent::detail
