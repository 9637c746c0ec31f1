#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The newest opset that is read.
constexpr std::int64_t newest_opset = 23;

/// The first opset that defines an operator as it is read here; an operator without a row is read from opset 1.
/// Before opset 7, sums and products broadcast by attributes, and BatchNormalization and Dropout were in training
/// mode by default.
struct OnnxOperatorSince {
  std::string_view op;
  std::int64_t opset;
};

constexpr OnnxOperatorSince onnx_operators_since[]{{"Concat", 4},
                                                   {"Reshape", 5},
                                                   {"Cast", 6},
                                                   {"Selu", 6},
                                                   {"Add", 7},
                                                   {"BatchNormalization", 7},
                                                   {"Div", 7},
                                                   {"Dropout", 7},
                                                   {"Gemm", 7},
                                                   {"Mul", 7},
                                                   {"PRelu", 7},
                                                   {"Pow", 7},
                                                   {"Sub", 7},
                                                   {"Erf", 9},
                                                   {"RNN", 7},
                                                   {"LSTM", 7},
                                                   {"GRU", 7},
                                                   {"HardSwish", 14},
                                                   {"LayerNormalization", 17},
                                                   {"Mish", 18},
                                                   {"Gelu", 20},
                                                   {"Slice", 10},
                                                   {"RMSNormalization", 23},
                                                   {"Resize", 10},
                                                   {"Pad", 11},
                                                   {"Upsample", 9},
                                                   {"GroupNormalization", 18},
                                                   {"InstanceNormalization", 6}};

/// An attribute that is read or has no effect on inference, and the opsets that define it. Any other attribute of an
/// operator is refused.
struct OnnxAttributeRule {
  enum Kind : std::size_t {
    real = 1,
    integer,
    text,
    reals,
    integers,
    tensor,
    texts
  };  // as in OnnxAttribute::Value
  std::string_view op, name;
  Kind kind;
  std::int64_t first = 1, last = newest_opset;
};

constexpr OnnxAttributeRule onnx_attribute_rules[]{
    {"AveragePool", "auto_pad", OnnxAttributeRule::text},
    {"AveragePool", "ceil_mode", OnnxAttributeRule::integer, 10},
    {"AveragePool", "count_include_pad", OnnxAttributeRule::integer, 7},
    {"AveragePool", "dilations", OnnxAttributeRule::integers, 19},
    {"AveragePool", "kernel_shape", OnnxAttributeRule::integers},
    {"AveragePool", "pads", OnnxAttributeRule::integers},
    {"AveragePool", "strides", OnnxAttributeRule::integers},
    {"BatchNormalization", "epsilon", OnnxAttributeRule::real},
    {"BatchNormalization", "momentum", OnnxAttributeRule::real},
    {"BatchNormalization", "spatial", OnnxAttributeRule::integer, 1, 8},
    {"BatchNormalization", "training_mode", OnnxAttributeRule::integer, 14},
    {"Cast", "to", OnnxAttributeRule::integer},
    {"Cast", "saturate", OnnxAttributeRule::integer, 19},  // concerns only float8, which is not read
    {"Clip", "max", OnnxAttributeRule::real, 1, 10},
    {"Clip", "min", OnnxAttributeRule::real, 1, 10},
    {"Concat", "axis", OnnxAttributeRule::integer},
    {"Conv", "auto_pad", OnnxAttributeRule::text},
    {"Conv", "dilations", OnnxAttributeRule::integers},
    {"Conv", "group", OnnxAttributeRule::integer},
    {"Conv", "kernel_shape", OnnxAttributeRule::integers},
    {"Conv", "pads", OnnxAttributeRule::integers},
    {"Conv", "strides", OnnxAttributeRule::integers},
    {"ConvTranspose", "auto_pad", OnnxAttributeRule::text},
    {"ConvTranspose", "dilations", OnnxAttributeRule::integers},
    {"ConvTranspose", "group", OnnxAttributeRule::integer},
    {"ConvTranspose", "kernel_shape", OnnxAttributeRule::integers},
    {"ConvTranspose", "output_padding", OnnxAttributeRule::integers},
    {"ConvTranspose", "output_shape", OnnxAttributeRule::integers},
    {"ConvTranspose", "pads", OnnxAttributeRule::integers},
    {"ConvTranspose", "strides", OnnxAttributeRule::integers},
    {"Dropout", "ratio", OnnxAttributeRule::real, 1, 11},
    {"Dropout", "seed", OnnxAttributeRule::integer, 12},
    {"Elu", "alpha", OnnxAttributeRule::real},
    {"Flatten", "axis", OnnxAttributeRule::integer},
    {"Gather", "axis", OnnxAttributeRule::integer},
    {"Gelu", "approximate", OnnxAttributeRule::text},
    {"Gemm", "alpha", OnnxAttributeRule::real},
    {"Gemm", "beta", OnnxAttributeRule::real},
    {"Gemm", "transA", OnnxAttributeRule::integer},
    {"Gemm", "transB", OnnxAttributeRule::integer},
    {"GRU", "activations", OnnxAttributeRule::texts},
    {"GRU", "direction", OnnxAttributeRule::text},
    {"GRU", "hidden_size", OnnxAttributeRule::integer},
    {"GRU", "layout", OnnxAttributeRule::integer, 14},
    {"GRU", "linear_before_reset", OnnxAttributeRule::integer},
    {"GroupNormalization", "epsilon", OnnxAttributeRule::real},
    {"GroupNormalization", "num_groups", OnnxAttributeRule::integer},
    {"GroupNormalization", "stash_type", OnnxAttributeRule::integer, 21},
    {"HardSigmoid", "alpha", OnnxAttributeRule::real},
    {"HardSigmoid", "beta", OnnxAttributeRule::real},
    {"InstanceNormalization", "epsilon", OnnxAttributeRule::real},
    {"LSTM", "activations", OnnxAttributeRule::texts},
    {"LSTM", "direction", OnnxAttributeRule::text},
    {"LSTM", "hidden_size", OnnxAttributeRule::integer},
    {"LSTM", "input_forget", OnnxAttributeRule::integer},
    {"LSTM", "layout", OnnxAttributeRule::integer, 14},
    {"LayerNormalization", "axis", OnnxAttributeRule::integer},
    {"LayerNormalization", "epsilon", OnnxAttributeRule::real},
    {"LayerNormalization", "stash_type", OnnxAttributeRule::integer},
    {"LeakyRelu", "alpha", OnnxAttributeRule::real},
    {"LogSoftmax", "axis", OnnxAttributeRule::integer},
    {"MaxPool", "auto_pad", OnnxAttributeRule::text},
    {"MaxPool", "ceil_mode", OnnxAttributeRule::integer, 10},
    {"MaxPool", "dilations", OnnxAttributeRule::integers, 10},
    {"MaxPool", "kernel_shape", OnnxAttributeRule::integers},
    {"MaxPool", "pads", OnnxAttributeRule::integers},
    {"MaxPool", "storage_order", OnnxAttributeRule::integer, 8},  // concerns only the indices
    {"MaxPool", "strides", OnnxAttributeRule::integers},
    {"Pad", "mode", OnnxAttributeRule::text},
    {"RNN", "activations", OnnxAttributeRule::texts},
    {"RNN", "direction", OnnxAttributeRule::text},
    {"RNN", "hidden_size", OnnxAttributeRule::integer},
    {"RNN", "layout", OnnxAttributeRule::integer, 14},
    {"ReduceMean", "axes", OnnxAttributeRule::integers, 1, 17},
    {"ReduceMean", "keepdims", OnnxAttributeRule::integer},
    {"ReduceMean", "noop_with_empty_axes", OnnxAttributeRule::integer, 18},  // the axes are never empty
    {"ReduceMax", "axes", OnnxAttributeRule::integers, 1, 17},
    {"ReduceMax", "keepdims", OnnxAttributeRule::integer},
    {"ReduceMax", "noop_with_empty_axes", OnnxAttributeRule::integer, 18},
    {"Reshape", "allowzero", OnnxAttributeRule::integer, 14},
    {"RMSNormalization", "axis", OnnxAttributeRule::integer},
    {"RMSNormalization", "epsilon", OnnxAttributeRule::real},
    {"RMSNormalization", "stash_type", OnnxAttributeRule::integer},
    {"Resize", "antialias", OnnxAttributeRule::integer, 18},  // concerns only smaller images
    {"Resize", "axes", OnnxAttributeRule::integers, 18},
    {"Resize", "coordinate_transformation_mode", OnnxAttributeRule::text, 11},
    {"Resize", "cubic_coeff_a", OnnxAttributeRule::real, 11},
    {"Resize", "exclude_outside", OnnxAttributeRule::integer, 11},
    {"Resize", "extrapolation_value", OnnxAttributeRule::real, 11},
    {"Resize", "keep_aspect_ratio_policy", OnnxAttributeRule::text, 18},
    {"Resize", "mode", OnnxAttributeRule::text},
    {"Resize", "nearest_mode", OnnxAttributeRule::text, 11},
    {"Selu", "alpha", OnnxAttributeRule::real},
    {"Selu", "gamma", OnnxAttributeRule::real},
    {"SimplifiedLayerNormalization", "axis", OnnxAttributeRule::integer},
    {"SimplifiedLayerNormalization", "epsilon", OnnxAttributeRule::real},
    {"SimplifiedLayerNormalization", "stash_type", OnnxAttributeRule::integer},
    {"Softmax", "axis", OnnxAttributeRule::integer},
    {"Squeeze", "axes", OnnxAttributeRule::integers, 1, 12},
    {"Transpose", "perm", OnnxAttributeRule::integers},
    {"Unsqueeze", "axes", OnnxAttributeRule::integers, 1, 12},
    {"Upsample", "mode", OnnxAttributeRule::text},
};

/// Throws FormatError unless the opset is between 1 and the newest that is read.
inline void check_opset(std::int64_t opset) {
  if (opset < 1 || opset > newest_opset)
    fail_to_load_onnx(joined("expected operators of opset 1 to ", newest_opset, ", got opset ", opset),
                      "export with opset_version=17");
}

/// Throws FormatError unless the opset defines the operator as it is read, and all attributes of the node are known.
inline void check_attributes(const OnnxNode& node, std::int64_t opset) {
  for (const auto& [op, since] : onnx_operators_since)
    if (node.op == op && opset < since)
      fail_to_load_onnx(
          joined(printed(node), ": expected ", op, " of opset ", since, " or later, got opset ", opset),
          "export with opset_version=17; or set opset_import to the opset of the node");
  for (const OnnxAttribute& attribute : node.attributes) {
    const OnnxAttributeRule* rule = nullptr;
    for (const OnnxAttributeRule& known : onnx_attribute_rules)
      if (known.op == node.op && known.name == attribute.name) rule = &known;
    if (rule == nullptr || opset < rule->first || opset > rule->last)
      fail_to_load_onnx(joined(printed(node), ": expected attributes that ", node.op, " has in opset ", opset,
                               ", got \"", attribute.name, '"'),
                        "export without it, or with the opset that has it");
    if (attribute.value.index() != rule->kind)
      fail_to_load_onnx(joined(printed(node), ": expected the attribute ", attribute.name,
                               " to have the type of its definition in ONNX, got another"),
                        "export the model again; the file is damaged");
  }
}

}  // namespace descent::detail
