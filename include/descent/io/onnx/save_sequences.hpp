#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/layers/recurrent/gru.hpp"

namespace descent::inline DESCENT_ABI::detail {

// Layers of sequences, written.

inline std::string onnx_transpose(OnnxBuilder& to, const std::string& x, std::vector<std::int64_t> axes) {
  return to.node("Transpose", {x}, {{"perm", std::move(axes)}});
}
inline std::string onnx_reshape_to(OnnxBuilder& to, const std::string& x, std::vector<double> sizes) {
  const auto rank = static_cast<std::int64_t>(sizes.size());
  return to.node("Reshape", {x, to.constant("shape", {{}, {rank}, std::move(sizes), OnnxType::int64})});
}

/// A Gather of the rows of the weight, by tokens that are cast to integers.
inline std::string onnx_embedding(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const auto steps = static_cast<double>(layer.input_shape().width);
  const std::string tokens =
      to.node("Cast", {onnx_reshape_to(to, x, {-1, steps})}, {{"to", std::int64_t{7}}});
  const OnnxTensor& weight = layer.tensor("weight");
  const std::string y = to.node("Gather", {to.constant("weight", weight), tokens});
  return steps == 1 ? onnx_reshape_to(to, y, {-1, static_cast<double>(weight.dims[1])})
                    : onnx_transpose(to, y, {0, 2, 1});
}

/// Returns the tensors `what` of all directions of a layer, with the gates in another order. A tensor that the layer
/// does not have is zeros.
inline OnnxTensor onnx_gates(const OnnxLayer& layer, std::size_t at, const std::string& what,
                             std::span<const std::size_t> order) {
  OnnxTensor all;
  const std::int64_t directions = layer.option("bidirectional") != 0 ? 2 : 1;
  for (std::int64_t d = 0; d < directions; ++d) {
    const OnnxTensor& one = layer.tensor(joined(what, "_l", at, d == 1 ? "_reverse" : ""));
    const auto block = static_cast<std::ptrdiff_t>(one.values.size() / order.size());
    for (const std::size_t gate : order) {
      const auto first = one.values.begin() + static_cast<std::ptrdiff_t>(gate) * block;
      all.values.insert(all.values.end(), first, first + block);
    }
    all.dims = one.dims;
  }
  all.dims.insert(all.dims.begin(), directions);
  return all;
}

/// Returns the biases of the input product, then those of the recurrent product, for each direction.
inline OnnxTensor onnx_biases(const OnnxLayer& layer, std::size_t at, std::span<const std::size_t> order) {
  const bool two = layer.has("bias_hh_l0");
  const OnnxTensor input = onnx_gates(layer, at, two ? "bias_ih" : "bias", order),
                   recurrent = two ? onnx_gates(layer, at, "bias_hh", order) : OnnxTensor{};
  const auto rows = static_cast<std::size_t>(input.dims[1]);
  OnnxTensor both{{}, {input.dims[0], 2 * input.dims[1]}, {}};
  for (std::size_t first = 0; first < input.values.size(); first += rows)
    for (const OnnxTensor* part : {&input, &recurrent})
      for (std::size_t i = first; i < first + rows; ++i)
        both.values.push_back(part->values.empty() ? 0 : part->values[i]);
  return both;
}

/// A node for each layer of a recurrent layer, whose gates ONNX has in this order, between two Transpose: ONNX has the
/// time in axis 0.
inline OnnxEmitter onnx_recurrent(std::string_view op, std::vector<std::size_t> order) {
  return [op, order](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    const Shape& in = layer.input_shape();
    const auto layers = static_cast<std::size_t>(layer.option("layers"));
    const bool both = layer.option("bidirectional") != 0;
    const std::int64_t hidden = layer.tensor("weight_hh_l0").dims[1];
    const auto steps = static_cast<double>(in.width), channels = static_cast<double>(hidden * (both ? 2 : 1));
    std::string y = in.width == 1 ? onnx_reshape_to(to, x, {1, -1, static_cast<double>(in.channels)})
                                  : onnx_transpose(to, x, {2, 0, 1});
    for (std::size_t at = 0; at < layers; ++at) {
      std::vector<std::string> inputs{y, to.constant("weight_ih", onnx_gates(layer, at, "weight_ih", order)),
                                      to.constant("weight_hh", onnx_gates(layer, at, "weight_hh", order))};
      if (layer.has("bias_l0") || layer.has("bias_ih_l0"))
        inputs.push_back(to.constant("bias", onnx_biases(layer, at, order)));
      std::vector<OnnxAttribute> attributes{{"hidden_size", hidden},
                                            {"direction", std::string{both ? "bidirectional" : "forward"}}};
      if (op == "GRU")
        attributes.push_back({"linear_before_reset",
                              std::int64_t{layer.option("reset") == static_cast<double>(GRUReset::after)}});
      if (op == "RNN")
        attributes.push_back(
            {"activations",
             std::vector<std::string>(both ? 2 : 1, layer.option("activation") == 0 ? "Tanh" : "Relu")});
      y = to.node(op, std::move(inputs), std::move(attributes));
      if (at + 1 < layers)
        y = onnx_reshape_to(to, onnx_transpose(to, y, {0, 2, 1, 3}), {steps, -1, channels});
    }
    if (layer.option("outputs") == static_cast<double>(Outputs::last)) {
      to.model.nodes.back().outputs = {"", y};  // the last state instead of all
      return onnx_reshape_to(to, onnx_transpose(to, y, {1, 0, 2}), {-1, channels});
    }
    y = onnx_transpose(to, y, {2, 1, 3, 0});
    return in.width == 1 ? onnx_reshape_to(to, y, {-1, channels})
                         : onnx_reshape_to(to, y, {-1, channels, steps});
  };
}

}  // namespace descent::inline DESCENT_ABI::detail
