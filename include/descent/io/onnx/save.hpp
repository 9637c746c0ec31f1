#pragma once

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/version.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/constant_folding.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/io/onnx/layers.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/write.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI {

/// Options of save_onnx and to_onnx.
struct OnnxOptions {
  Shape shape{0};                       ///< of a sample; by default the features that the layers expect
  bool fold_batch_norm = true;          ///< into the Dense before it, else into a Mul and an Add
  bool softmax = false;                 ///< append a Softmax: the outputs are then probabilities
  bool input_normalization = true;      ///< false: omit a Standardize or MinMax of the input
  std::vector<std::string> classes{};   ///< names of classes, written as metadata class.0, class.1, ...
  OnnxEmitters layers = onnx_layers();  ///< the functions that write layers
};

namespace detail {

/// Infers the number of input features: the size of a parameter that the model takes as input, and only that.
template <Layer M>
Shape plain_input_shape(const M& model, const OnnxNetwork& network) {
  const auto takes = [&](Index features) {
    try {
      model.output_shape({features});
      return true;
    } catch (const ShapeError&) {
      return false;
    }
  };
  for (const auto& [path, tensor] : network.tensors)
    for (const Index size : tensor.dims)
      if (takes(size) && !takes(size + 1)) return {size};
  throw DataError(
      "save_onnx", "expected a network that fixes the number of its inputs, got one that takes any",
      "pass the shape of a sample: save_onnx(path, net, {.shape = {64}}), or {.shape = {3, 32, 32}} for "
      "images; if the layers do not fit together, call net.output_shape({64}) to see where");
}

inline OnnxModel to_onnx(const LayerDescription& description, const OnnxNetwork& network, const Shape& input,
                         const OnnxOptions& options) {
  const Shape& output = network.outputs.find("")->second;
  if (!options.classes.empty() && static_cast<Index>(options.classes.size()) != output.channels)
    throw DataError(
        "save_onnx",
        joined("expected a name for each of ", output.channels, " classes, got ", options.classes.size()),
        "pass as many names as the network has outputs");
  OnnxBuilder to{options.layers, input};
  to.input_normalization = options.input_normalization;
  to.fold_batch_norm = options.fold_batch_norm;
  to.model.producer_version = library_version;
  const auto value = [](const char* name, const Shape& shape) {
    OnnxValue all{name, onnx_dims(shape)};
    all.dims.insert(all.dims.begin(), -1);
    return all;
  };
  to.model.inputs = {value("x", input)};
  to.model.outputs = {value("y", output)};
  for (std::size_t i = 0; i < options.classes.size(); ++i)
    to.model.metadata.emplace_back(joined("class.", i), options.classes[i]);

  std::string last = to.layer({description, "", network, input}, "x");
  const LayerDescription softmax{"Softmax", {}, {}};
  if (options.softmax) last = to.layer({softmax, "softmax", network, output}, last);
  if (last == "x") last = to.node("Identity", {last});
  replace_value(to.model, last, "y");
  if (options.fold_batch_norm) fold_constants(to.model);
  return std::move(to.model);
}

}  // namespace detail

/// Converts a network to a model of ONNX with input `x` and output `y`. The names of the nodes and constants of a
/// layer begin with its path, such as `0.weight`.
///
/// Shapes   x and y [batch, features], [batch, channels, height, width] for images, [batch, channels, time] for
///          sequences; the batch is dynamic
/// Throws   as save_onnx, except when writing.
template <Layer M>
OnnxModel to_onnx(const M& model, const OnnxOptions& options = {}) {
  OnnxNetwork network = detail::onnx_tensors(model);
  const Shape input = options.shape.size() > 0 ? options.shape : detail::plain_input_shape(model, network);
  detail::add_output_shapes(network, model, input);
  return detail::to_onnx(describe(model), network, input, options);
}

/// Saves a network as .onnx, opset 17, for inference in other programs. Numbers are float32; a network of double is
/// rounded. The guide has the table of layers and operators, and the options.
///
///   save_onnx("digits.onnx", net, {.softmax = true});
///   save_onnx("photos.onnx", net, {.shape = {.channels = 3, .height = 32, .width = 32}});
///
/// Throws   DataError, which names the layer by its path, when a layer has no counterpart: add a function for it to
///          `OnnxOptions::layers`. DataError when the network takes samples of any size and `shape` is not given,
///          when the number of class names is wrong, or when the weights have 2 GiB or more. ShapeError when the
///          layers do not fit together. FormatError when the file cannot be written; an old file is kept.
/// Cost     memory of three times the weights.
/// Source   ONNX 1.12, operators of opset 17
/// Example  examples/15_onnx.cpp
template <Layer M>
void save_onnx(std::ostream& out, const M& model, const OnnxOptions& options = {}) {
  write_onnx(out, to_onnx(model, options));
}
/// Writes the model to a file.
template <Layer M>
void save_onnx(const std::filesystem::path& path, const M& model, const OnnxOptions& options = {}) {
  write_onnx(path, to_onnx(model, options));
}

}  // namespace descent
