#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// The element types that are read, by their numbers in ONNX. float16, bfloat16 and int32 are not written.
enum class OnnxType : std::int32_t {
  float32 = 1,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  bfloat16 = 16
};

/// A tensor of a file, row-major; without dimensions it is a scalar. `type` is the element type in the file, here the
/// values are double. A tensor of a type that is not read has no values.
struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> dims;
  std::vector<double> values;
  OnnxType type = OnnxType::float32;
};

/// A named attribute of a node.
struct OnnxAttribute {
  using Value = std::variant<std::monostate, double, std::int64_t, std::string, std::vector<double>,
                             std::vector<std::int64_t>, OnnxTensor, std::vector<std::string>>;
  std::string name;
  Value value;  ///< monostate: of a kind that is not read, such as a graph or a sparse tensor
};

/// An operation. Its inputs and outputs are values, identified by their names.
struct OnnxNode {
  std::string op;
  std::string name;
  std::vector<std::string> inputs;  ///< an empty name is an omitted optional input
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string domain;  ///< empty: ONNX's own operators
};

/// An input or an output of the graph. A dimension of -1 is dynamic.
struct OnnxValue {
  std::string name;
  std::vector<std::int64_t> dims;
};

/// The content of an .onnx file that matters to feed-forward networks.
struct OnnxModel {
  std::string producer = "descent";
  std::string producer_version;
  std::int64_t opset = 17;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string graph = "network";
  std::vector<OnnxValue> inputs, outputs;
  std::deque<OnnxTensor> initializers;  ///< the constants, mostly weights
  std::deque<OnnxNode> nodes;           ///< in topological order
};

namespace detail {

/// The attribute `name` of the node if it has the type V, else nullptr.
template <class V>
const V* find_attribute(const OnnxNode& node, std::string_view name) {
  for (const OnnxAttribute& attribute : node.attributes)
    if (attribute.name == name) return std::get_if<V>(&attribute.value);
  return nullptr;
}

/// The attribute `name` of the node if it has the type V, else `otherwise`.
template <class V>
V attribute_or(const OnnxNode& node, std::string_view name, V otherwise) {
  const V* found = find_attribute<V>(node, name);
  return found != nullptr ? *found : otherwise;
}

}  // namespace detail

}  // namespace descent
