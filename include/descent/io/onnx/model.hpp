#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace descent {

/// The types of values that are read, by their numbers in ONNX; float16, bfloat16 and int32 are not written.
enum class OnnxType : std::int32_t {
  float32 = 1,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  bfloat16 = 16
};

/// Numbers in a file, in row-major order; no dimensions are a single number. Here they are always double, in a
/// file of the type that `type` says. Of a type that is not read there are no values: `type` is then its number.
struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> dims;
  std::vector<double> values;
  OnnxType type = OnnxType::float32;
};

struct OnnxAttribute {
  using Value = std::variant<std::monostate, double, std::int64_t, std::string, std::vector<double>,
                             std::vector<std::int64_t>, OnnxTensor>;
  std::string name;
  Value value;  ///< a monostate for kinds that are not read: graphs, sparse tensors
};

/// One operation. Its inputs and outputs are values, which are known by their names alone.
struct OnnxNode {
  std::string op;
  std::string name;
  std::vector<std::string> inputs;  ///< an empty name is an optional input that was left out
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string domain;  ///< empty: the operators of ONNX itself
};

/// An input or an output of the graph. A dimension of -1 is not fixed.
struct OnnxValue {
  std::string name;
  std::vector<std::int64_t> dims;
};

/// The content of an .onnx file, as far as feed-forward networks need it.
struct OnnxModel {
  std::string producer = "descent";
  std::string producer_version;
  std::int64_t opset = 17;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string graph = "network";
  std::vector<OnnxValue> inputs, outputs;
  std::deque<OnnxTensor> initializers;  ///< the constants: weights, above all
  std::deque<OnnxNode> nodes;           ///< each after those whose outputs it takes
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
