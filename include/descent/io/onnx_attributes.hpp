#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

#include "descent/core/errors.hpp"
#include "descent/io/onnx_match.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

/// The versions of ONNX's operators that are read. Before 7, sums and products broadcast by attributes.
constexpr std::int64_t oldest_opset = 7, newest_opset = 23;

/// An attribute that is read or changes nothing at inference, and the opsets in which its operator has it. Any other
/// attribute of an operator is refused.
struct OnnxAttributeRule {
  enum Kind : std::size_t { real = 1, integer, text, reals, integers };  // as in OnnxAttribute::Value
  std::string_view op, name;
  Kind kind;
  std::int64_t first = oldest_opset, last = newest_opset;
};

constexpr OnnxAttributeRule onnx_attribute_rules[]{
    {"BatchNormalization", "epsilon", OnnxAttributeRule::real},
    {"BatchNormalization", "momentum", OnnxAttributeRule::real},
    {"BatchNormalization", "spatial", OnnxAttributeRule::integer, 7, 8},  // the same for flat samples
    {"BatchNormalization", "training_mode", OnnxAttributeRule::integer, 14},
    {"Cast", "to", OnnxAttributeRule::integer},
    {"Cast", "saturate", OnnxAttributeRule::integer, 19},  // of types that are not read
    {"Clip", "max", OnnxAttributeRule::real, 7, 10},
    {"Clip", "min", OnnxAttributeRule::real, 7, 10},
    {"Concat", "axis", OnnxAttributeRule::integer},
    {"Dropout", "ratio", OnnxAttributeRule::real, 7, 11},
    {"Dropout", "seed", OnnxAttributeRule::integer, 12},
    {"Elu", "alpha", OnnxAttributeRule::real},
    {"Flatten", "axis", OnnxAttributeRule::integer},
    {"Gather", "axis", OnnxAttributeRule::integer},
    {"Gelu", "approximate", OnnxAttributeRule::text},
    {"Gemm", "alpha", OnnxAttributeRule::real},
    {"Gemm", "beta", OnnxAttributeRule::real},
    {"Gemm", "transA", OnnxAttributeRule::integer},
    {"Gemm", "transB", OnnxAttributeRule::integer},
    {"HardSigmoid", "alpha", OnnxAttributeRule::real},
    {"HardSigmoid", "beta", OnnxAttributeRule::real},
    {"LayerNormalization", "axis", OnnxAttributeRule::integer},
    {"LayerNormalization", "epsilon", OnnxAttributeRule::real},
    {"LayerNormalization", "stash_type", OnnxAttributeRule::integer},
    {"LeakyRelu", "alpha", OnnxAttributeRule::real},
    {"LogSoftmax", "axis", OnnxAttributeRule::integer},
    {"ReduceMean", "axes", OnnxAttributeRule::integers, 7, 17},
    {"ReduceMean", "keepdims", OnnxAttributeRule::integer},
    {"ReduceMean", "noop_with_empty_axes", OnnxAttributeRule::integer, 18},  // they are never empty
    {"Reshape", "allowzero", OnnxAttributeRule::integer, 14},
    {"Selu", "alpha", OnnxAttributeRule::real},
    {"Selu", "gamma", OnnxAttributeRule::real},
    {"Softmax", "axis", OnnxAttributeRule::integer},
    {"Unsqueeze", "axes", OnnxAttributeRule::integers, 7, 12},
};

/// Throws unless the opset is one whose operators are known.
inline void check_opset(std::int64_t opset) {
  if (opset < oldest_opset || opset > newest_opset)
    fail_to_load_onnx(
        concat("expected operators of opset ", oldest_opset, " to ", newest_opset, ", got opset ", opset),
        "export with opset_version=17, or convert: onnx.version_converter.convert_version(model, 17)");
}

/// Throws unless the operator exists in the opset, and all of the node's attributes are known in it.
inline void check_attributes(const OnnxNode& node, std::int64_t opset) {
  struct Since {
    std::string_view op;
    std::int64_t opset;
  };
  for (const Since& since :
       {Since{"Erf", 9}, {"HardSwish", 14}, {"LayerNormalization", 17}, {"Mish", 18}, {"Gelu", 20}})
    if (node.op == since.op && opset < since.opset)
      fail_to_load_onnx(concat(printed(node), ": expected an operator of opset ", opset,
                               ", got one of opset ", since.opset, " and later"),
                        "set opset_import to what the nodes were written for");
  for (const OnnxAttribute& attribute : node.attributes) {
    const OnnxAttributeRule* rule = nullptr;
    for (const OnnxAttributeRule& known : onnx_attribute_rules)
      if (known.op == node.op && known.name == attribute.name) rule = &known;
    if (rule == nullptr || opset < rule->first || opset > rule->last)
      fail_to_load_onnx(concat(printed(node), ": expected attributes that ", node.op, " has in opset ", opset,
                               ", got \"", attribute.name, '"'),
                        "export without it, or with the opset that has it");
    if (attribute.value.index() != rule->kind)
      fail_to_load_onnx(concat(printed(node), ": expected the attribute ", attribute.name,
                               " to be of the type that ONNX gives it, got another"),
                        "the file is damaged");
  }
}

}  // namespace descent::detail
