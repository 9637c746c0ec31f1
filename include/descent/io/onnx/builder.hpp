#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/io/onnx/model.hpp"

namespace descent::inline DESCENT_ABI {

class OnnxBuilder;

/// A function that writes a layer: adds its nodes after the value named `x`, and returns the name of their result.
using OnnxEmitter = std::function<std::string(OnnxBuilder&, const OnnxLayer&, const std::string& x)>;

/// The functions that write layers, by the name of the layer's type. `onnx_layers()` has the layers of the library.
using OnnxEmitters = std::map<std::string, OnnxEmitter, std::less<>>;

/// Builds the graph of a network node by node. The names of nodes and constants begin with the path of the current
/// layer.
///
/// Shapes   values are [batch, channels, height, width], [batch, channels, time] or [batch, features], as `onnx_dims`
///          of their shape; axis 1 holds the channels in all of them.
class OnnxBuilder {
 public:
  /// Begins a graph whose input `x` holds samples of this shape.
  OnnxBuilder(const OnnxEmitters& emitters, const Shape& input) : emitters_{emitters} {
    shapes_["x"] = input;
  }

  /// Adds a node with one output and returns the name of the output, which has the shape of the first input.
  std::string node(std::string_view op, std::vector<std::string> inputs,
                   std::vector<OnnxAttribute> attributes = {}) {
    const std::string name = unused(op);
    if (!inputs.empty()) shapes_[name] = shape_of(inputs[0]);
    model.nodes.push_back({std::string{op}, name, std::move(inputs), {name}, std::move(attributes), {}});
    return name;
  }

  /// The shape of the samples of a value.
  const Shape& shape_of(const std::string& value) { return shapes_[value]; }
  /// Sets the shape of the samples of a value, if it is not that of the first input of its node.
  std::string with_shape(std::string value, const Shape& shape) {
    shapes_[value] = shape;
    return value;
  }

  /// Adds a constant and returns its name.
  std::string constant(std::string_view name, OnnxTensor tensor) {
    tensor.name = unused(name);
    model.initializers.push_back(std::move(tensor));
    return model.initializers.back().name;
  }
  std::string scalar(std::string_view name, double value) { return constant(name, {{}, {}, {value}}); }

  /// Gives the samples of a value another shape of the same size, and returns the name of the result. As in
  /// `Reshape`, the order of the numbers with the channels varying fastest is kept. In ONNX the width varies fastest,
  /// so the nodes are Transpose, Reshape, Transpose.
  std::string reshape(std::string x, const Shape& to) {
    const Shape from = shape_of(x);
    const std::vector<std::int64_t> dims = onnx_dims(to);
    if (onnx_dims(from) == dims) return x;
    if (from.channels > 1) x = channels_last(x);
    const bool moves_channels = to.channels > 1 && to.positions() > 1;
    std::vector<double> target{-1};
    target.insert(target.end(), dims.begin() + (moves_channels ? 1 : 0), dims.end());
    if (moves_channels) target.push_back(static_cast<double>(to.channels));
    const auto rank = static_cast<std::int64_t>(target.size());
    x = node("Reshape", {x, constant("shape", {{}, {rank}, std::move(target), OnnxType::int64})});
    shapes_[x] = to;
    return moves_channels ? channels_first(x) : x;
  }

  /// Moves the channels to the last axis, for operators that work on it: NCHW to NHWC.
  std::string channels_last(const std::string& x) {
    const auto rank = static_cast<std::int64_t>(onnx_dims(shape_of(x)).size());
    std::vector<std::int64_t> axes{0};
    for (std::int64_t axis = 2; axis <= rank; ++axis) axes.push_back(axis);
    axes.push_back(1);
    return rank > 1 ? node("Transpose", {x}, {{"perm", axes}}) : x;
  }
  /// Moves the channels back from the last axis to axis 1: NHWC to NCHW.
  std::string channels_first(const std::string& x) {
    const auto rank = static_cast<std::int64_t>(onnx_dims(shape_of(x)).size());
    std::vector<std::int64_t> axes{0, rank};
    for (std::int64_t axis = 1; axis < rank; ++axis) axes.push_back(axis);
    return rank > 1 ? node("Transpose", {x}, {{"perm", axes}}) : x;
  }

  /// Writes an inner layer by the function for its type, and returns the name of its output.
  ///
  /// Throws   DataError, which names the layer, when there is no function for its type.
  std::string layer(const OnnxLayer& inner, const std::string& x) {
    auto found = emitters_.find(inner.type());
    if (found == emitters_.end() && inner.formula() != nullptr) found = emitters_.find("Formula");
    if (found == emitters_.end())
      throw DataError(
          detail::joined("save_onnx, layer \"", inner.path(), '"'),
          detail::joined("expected a layer with a counterpart in ONNX, got ",
                         inner.type().empty() ? "one without a name" : inner.type()),
          "add a function for it: auto layers = onnx_layers(); layers[\"its name\"] = ...; and pass "
          "{.layers = layers}");
    const std::string outer = std::exchange(path_, inner.path());
    const OnnxLayer with_shapes = inner.with_input(shape_of(x));
    std::string y = found->second(*this, with_shapes, x);
    shapes_[y] = with_shapes.output_shape();
    path_ = outer;
    return y;
  }

  OnnxModel model;
  bool fold_batch_norm = true;      ///< false: write batch normalization as a node of its own
  bool input_normalization = true;  ///< false: omit a normalization of the network's input

 private:
  /// The name `path.name`, with a number appended if it is in use.
  std::string unused(std::string_view name) {
    const std::string first = path_.empty() ? std::string{name} : detail::joined(path_, '.', name);
    std::string candidate = first;
    for (int i = 2; !names_.insert(candidate).second; ++i) candidate = detail::joined(first, '_', i);
    return candidate;
  }

  const OnnxEmitters& emitters_;
  std::string path_;
  std::set<std::string> names_{"x", "y"};  // the network's input and output
  std::map<std::string, Shape> shapes_;    // the shape of the samples of each value
};

}  // namespace descent
