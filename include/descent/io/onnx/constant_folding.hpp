#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/io/onnx/model.hpp"

namespace descent::detail {

/// Lets every node that gave or took the value `from` give or take `to`.
inline void replace_value(OnnxModel& model, const std::string& from, const std::string& to) {
  for (OnnxNode& node : model.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    std::replace(node.outputs.begin(), node.outputs.end(), from, to);
  }
}

inline bool is_taken_once(const OnnxModel& model, const std::string& value) {
  std::ptrdiff_t uses = 0;
  for (const OnnxNode& node : model.nodes) uses += std::count(node.inputs.begin(), node.inputs.end(), value);
  return uses == 1;
}

/// The constant of that name if one node takes it, which may then change it; else nullptr.
inline OnnxTensor* own_constant(OnnxModel& model, const std::string& name) {
  for (OnnxTensor& tensor : model.initializers)
    if (tensor.name == name) return is_taken_once(model, name) ? &tensor : nullptr;
  return nullptr;
}

/// The node that computes a value if it is an `op` and one node takes the value; else nullptr.
inline OnnxNode* own_producer(OnnxModel& model, const std::string& value, std::string_view op) {
  for (OnnxNode& node : model.nodes)
    if (node.op == op && node.outputs[0] == value) return is_taken_once(model, value) ? &node : nullptr;
  return nullptr;
}

/// Folds the constants of Mul and Add into those of the Gemm or the Conv that they follow:
///
///   scale (W x + b) + shift = (scale W) x + (scale b + shift)
///
/// Leaves nodes that do not follow each other so, or whose values others take too, as they are.
inline void fold_into_product(OnnxModel& model, const OnnxNode& add) {
  const OnnxNode* mul = own_producer(model, add.inputs[0], "Mul");
  if (mul == nullptr) return;
  OnnxNode* product = own_producer(model, mul->inputs[0], "Conv");
  if (product == nullptr) product = own_producer(model, mul->inputs[0], "Gemm");
  if (product == nullptr || (product->op == "Gemm" && attribute_or(*product, "transB", std::int64_t{0}) != 1))
    return;
  OnnxTensor *weight = own_constant(model, product->inputs[1]), *scale = own_constant(model, mul->inputs[1]),
             *shift = own_constant(model, add.inputs[1]);
  if (weight == nullptr || scale == nullptr || shift == nullptr) return;
  const auto outputs = static_cast<std::size_t>(weight->dims[0]);
  for (const OnnxTensor* each : {scale, shift})  // [outputs], or [outputs, 1, 1] of images
    if (each->dims.size() + 1 != weight->dims.size() || each->dims[0] != weight->dims[0] ||
        each->values.size() != outputs)
      return;
  const bool has_bias = product->inputs.size() > 2;
  OnnxTensor* bias = has_bias ? own_constant(model, product->inputs[2]) : shift;
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

/// Folds what batch normalization is at inference into the layers before it.
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
