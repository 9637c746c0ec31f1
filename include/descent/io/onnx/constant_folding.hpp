#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/version.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Renames a value in the inputs and outputs of all nodes.
inline void replace_value(OnnxModel& model, const std::string& from, const std::string& to) {
  for (OnnxNode& node : model.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    std::replace(node.outputs.begin(), node.outputs.end(), from, to);
  }
}

/// True if exactly one input of one node is this value.
inline bool has_one_use(const OnnxModel& model, const std::string& value) {
  std::ptrdiff_t uses = 0;
  for (const OnnxNode& node : model.nodes) uses += std::count(node.inputs.begin(), node.inputs.end(), value);
  return uses == 1;
}

/// Returns the constant of that name if it has one use, so that it may be changed; else nullptr.
inline OnnxTensor* constant_with_one_use(OnnxModel& model, const std::string& name) {
  for (OnnxTensor& tensor : model.initializers)
    if (tensor.name == name) return has_one_use(model, name) ? &tensor : nullptr;
  return nullptr;
}

/// Returns the node that computes a value if it is an `op` and the value has one use; else nullptr.
inline OnnxNode* producer_with_one_use(OnnxModel& model, const std::string& value, std::string_view op) {
  for (OnnxNode& node : model.nodes)
    if (node.op == op && node.outputs[0] == value) return has_one_use(model, value) ? &node : nullptr;
  return nullptr;
}

/// Folds the constants of a Mul and an Add into the Gemm or Conv before them:
///
///   x -- Gemm(W, b) -- Mul(scale) -- Add(shift)   becomes   x -- Gemm(scale W, scale b + shift)
///
/// Does nothing if the nodes are not in this order, or one of their values has another use.
inline void fold_into_product(OnnxModel& model, const OnnxNode& add) {
  const OnnxNode* mul = producer_with_one_use(model, add.inputs[0], "Mul");
  if (mul == nullptr) return;
  OnnxNode* product = producer_with_one_use(model, mul->inputs[0], "Conv");
  if (product == nullptr) product = producer_with_one_use(model, mul->inputs[0], "Gemm");
  if (product == nullptr || (product->op == "Gemm" && attribute_or(*product, "transB", std::int64_t{0}) != 1))
    return;
  OnnxTensor *weight = constant_with_one_use(model, product->inputs[1]),
             *scale = constant_with_one_use(model, mul->inputs[1]),
             *shift = constant_with_one_use(model, add.inputs[1]);
  if (weight == nullptr || scale == nullptr || shift == nullptr) return;
  const auto outputs = static_cast<std::size_t>(weight->dims[0]);
  for (const OnnxTensor* each : {scale, shift})  // [outputs]; for images [outputs, 1, 1]
    if (each->dims.size() + 1 != weight->dims.size() || each->dims[0] != weight->dims[0] ||
        each->values.size() != outputs)
      return;
  const bool has_bias = product->inputs.size() > 2;
  OnnxTensor* bias = has_bias ? constant_with_one_use(model, product->inputs[2]) : shift;
  if (bias == nullptr) return;

  const std::size_t inputs = weight->values.size() / outputs;
  for (std::size_t i = 0; i < weight->values.size(); ++i) weight->values[i] *= scale->values[i / inputs];
  for (std::size_t i = 0; i < outputs; ++i)
    bias->values[i] = shift->values[i] + (has_bias ? scale->values[i] * bias->values[i] : 0);
  bias->dims = {weight->dims[0]};
  if (!has_bias) product->inputs.push_back(shift->name);

  product->outputs = add.outputs;
  const std::string names[]{mul->name, add.name}, unused[]{scale->name, has_bias ? shift->name : ""};
  std::erase_if(model.nodes,
                [&](const OnnxNode& node) { return node.name == names[0] || node.name == names[1]; });
  std::erase_if(model.initializers, [&](const OnnxTensor& tensor) {
    return tensor.name == unused[0] || tensor.name == unused[1];
  });
}

/// Folds batch normalization at inference, which is a Mul and an Add, into the layers before it.
inline void fold_constants(OnnxModel& model) {
  std::vector<std::string> sums;
  for (const OnnxNode& node : model.nodes)
    if (node.op == "Add") sums.push_back(node.name);
  for (const std::string& sum : sums)
    for (const OnnxNode& node : model.nodes)
      if (node.name == sum) {
        fold_into_product(model, node);
        break;
      }
}

}  // namespace descent::detail
