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

namespace descent {

struct OnnxOptions {
  Shape shape{0};                       ///< of a sample; none: the number of features that the layers ask for
  bool fold_batch_norm = true;          ///< into the Dense before, or into Mul and Add
  bool softmax = false;                 ///< append one: the network then ends in probabilities
  bool input_normalization = true;      ///< false: leave out a Standardize or MinMax that takes the input
  std::vector<std::string> classes{};   ///< names, kept as metadata: class.0, class.1 and so on
  OnnxEmitters layers = onnx_layers();  ///< how each type of layer is written
};

namespace detail {

/// The number of features that the model takes: the one size among its parameters that fits.
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
  throw DataError("save_onnx",
                  "expected a network that fixes the number of its inputs, got one that takes any",
                  "say how many there are: save_onnx(path, net, {.shape = {64}}), or {.shape = {3, 32, 32}} "
                  "of images; if "
                  "its layers do not fit together, net.output_shape({64}) says where");
}

inline OnnxModel to_onnx(const LayerDescription& description, const OnnxNetwork& network, const Shape& input,
                         const OnnxOptions& options) {
  const Shape& output = network.outputs.find("")->second;
  if (!options.classes.empty() && static_cast<Index>(options.classes.size()) != output.channels)
    throw DataError(
        "save_onnx",
        joined("expected a name for each of ", output.channels, " classes, got ", options.classes.size()),
        "give as many as the network has outputs");
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

/// The network as ONNX has it, for batches of any size: input `x` and output `y` are [batch, features] of plain samples,
/// [batch, channels, height, width] of images and [batch, channels, time] of sequences. The nodes and constants of a
/// layer begin with its path, as in `0.weight`.
///
/// Throws   as save_onnx.
template <Layer M>
OnnxModel to_onnx(const M& model, const OnnxOptions& options = {}) {
  OnnxNetwork network = detail::onnx_tensors(model);
  const Shape input = options.shape.size() > 0 ? options.shape : detail::plain_input_shape(model, network);
  detail::add_output_shapes(network, model, input);
  return detail::to_onnx(describe(model), network, input, options);
}

/// Writes a network as .onnx, opset 17, for other programs to run: its inference, in float32, to which a network of
/// double is rounded. The guide says which layer becomes what, and what the options are for.
///
///   save_onnx("digits.onnx", net, {.softmax = true});
///   save_onnx("photos.onnx", net, {.shape = {.channels = 3, .height = 32, .width = 32}});
///
/// Throws   DataError for a layer without a counterpart, named by its path; add a row to `OnnxOptions::layers`. And
///          for a network that takes samples of any size, unless `shape` gives it; for a wrong number of class names; for
///          weights of 2 GiB or more. ShapeError when the layers do not fit together. FormatError
///          when the file cannot be written; the old one stays.
/// Cost     holds the weights three times while it writes.
/// Source   ONNX 1.12, operators of opset 17
/// Example  examples/15_onnx.cpp
template <Layer M>
void save_onnx(std::ostream& out, const M& model, const OnnxOptions& options = {}) {
  write_onnx(out, to_onnx(model, options));
}
template <Layer M>
void save_onnx(const std::filesystem::path& path, const M& model, const OnnxOptions& options = {}) {
  write_onnx(path, to_onnx(model, options));
}

}  // namespace descent
