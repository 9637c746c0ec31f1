#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/io/onnx/attention.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/formula.hpp"
#include "descent/io/onnx/image_sizes.hpp"
#include "descent/io/onnx/images.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/normalization.hpp"
#include "descent/io/onnx/save_sequences.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A layer that is a single operator; its options become attributes: {attribute, option}.
inline OnnxEmitter onnx_operator(std::string_view op,
                                 std::vector<std::pair<std::string, std::string>> attributes = {}) {
  return [op, attributes](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    std::vector<OnnxAttribute> values;
    for (const auto& [attribute, option] : attributes) values.push_back({attribute, layer.option(option)});
    return to.node(op, {x}, values);
  };
}

/// A layer that is the identity at inference.
inline std::string onnx_identity(OnnxBuilder&, const OnnxLayer&, const std::string& x) { return x; }

inline OnnxEmitter onnx_clip(double low, double high) {
  return [low, high](OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
    return to.node("Clip", {x, to.scalar("min", low), to.scalar("max", high)});
  };
}

/// A Gemm; for images and sequences, where the layer works on each position, a pointwise convolution.
inline std::string onnx_dense(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  OnnxTensor weight = layer.tensor("weight");
  const Shape& in = layer.input_shape();
  const bool is_plain = weight.dims[1] == in.size();
  if (!is_plain) weight.dims.resize(1 + onnx_dims(in).size(), 1);
  std::vector<std::string> inputs{is_plain ? to.reshape(x, {in.size()}) : x, to.constant("weight", weight)};
  if (layer.has("bias")) inputs.push_back(to.constant("bias", layer.tensor("bias")));
  return is_plain ? to.node("Gemm", inputs, {{"transB", std::int64_t{1}}}) : to.node("Conv", inputs);
}

inline std::string onnx_vector(OnnxBuilder& to, const OnnxLayer& layer, std::string_view name) {
  return to.constant(name, onnx_broadcast(layer.tensor(name), layer.input_shape()));
}

inline std::string onnx_prelu(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return to.node("PRelu", {x, onnx_vector(to, layer, "slope")});
}

inline std::string onnx_selu(OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
  return to.node("Selu", {x}, {{"alpha", 1.6732632423543772}, {"gamma", 1.0507009873554805}});
}

/// Composed of other operators, as PyTorch exports it: Gelu is an operator only since opset 20.
inline std::string onnx_gelu(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const std::string half = to.scalar("half", 0.5), one = to.scalar("one", 1);
  const auto plus_one = [&](const std::string& z) { return to.node("Add", {z, one}); };
  if (layer.option("form") == 0) {
    const std::string scaled = to.node("Div", {x, to.scalar("sqrt2", std::numbers::sqrt2)});
    return to.node("Mul", {to.node("Mul", {x, plus_one(to.node("Erf", {scaled}))}), half});
  }
  const double root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
  const std::string cube = to.node("Mul", {x, to.node("Mul", {x, x})});
  const std::string inner = to.node("Add", {x, to.node("Mul", {cube, to.scalar("cubic", 0.044715)})});
  const std::string tanh = to.node("Tanh", {to.node("Mul", {inner, to.scalar("root", root)})});
  return to.node("Mul", {to.node("Mul", {x, plus_one(tanh)}), half});
}

inline std::string onnx_silu(OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
  return to.node("Mul", {x, to.node("Sigmoid", {x})});
}

inline std::string onnx_mish(OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
  return to.node("Mul", {x, to.node("Tanh", {to.node("Softplus", {x})})});
}

inline std::string onnx_hard_sigmoid(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return to.node("HardSigmoid", {x}, {{"alpha", layer.option("slope")}, {"beta", 0.5}});
}

inline OnnxEmitter onnx_softmax(std::string_view op) {
  return [op](OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
    return to.node(op, {x}, {{"axis", std::int64_t{1}}});
  };
}

/// Batch normalization at inference. To be folded, it is written as a Mul and an Add:
///
///   y = scale x + shift      scale = gamma / sqrt(variance + epsilon)      shift = beta - scale mean
inline std::string onnx_batch_norm(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const Shape& in = layer.input_shape();
  const OnnxTensor &gamma = layer.tensor("gamma"), &beta = layer.tensor("beta"),
                   &mean = layer.tensor("running_mean"), &variance = layer.tensor("running_variance");
  const double epsilon = layer.option("epsilon");
  if (to.fold_batch_norm) {
    OnnxTensor scale = gamma, shift = beta;
    for (std::size_t i = 0; i < scale.values.size(); ++i) {
      scale.values[i] /= std::sqrt(variance.values[i] + epsilon);
      shift.values[i] -= scale.values[i] * mean.values[i];
    }
    const std::string scaled = to.node("Mul", {x, to.constant("scale", onnx_broadcast(scale, in))});
    return to.node("Add", {scaled, to.constant("shift", onnx_broadcast(shift, in))});
  }
  const bool each_value = gamma.dims[0] == in.size();
  const std::string y = to.node(
      "BatchNormalization",
      {each_value ? to.reshape(x, {in.size()}) : x, to.constant("gamma", gamma), to.constant("beta", beta),
       to.constant("running_mean", mean), to.constant("running_variance", variance)},
      {{"epsilon", epsilon}, {"momentum", layer.option("momentum")}});
  return each_value ? to.reshape(y, in) : y;
}

inline std::string onnx_layer_norm(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const OnnxAttribute epsilon{"epsilon", layer.option("epsilon")};
  if (layer.tensor("gamma").dims[0] == layer.input_shape().size())
    return to.node("LayerNormalization", {x, onnx_vector(to, layer, "gamma"), onnx_vector(to, layer, "beta")},
                   {{"axis", std::int64_t{1}}, epsilon});
  return to.channels_first(to.node("LayerNormalization",
                                   {to.channels_last(x), to.constant("gamma", layer.tensor("gamma")),
                                    to.constant("beta", layer.tensor("beta"))},
                                   {{"axis", std::int64_t{-1}}, epsilon}));
}

inline std::string onnx_reshape(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return to.reshape(x, layer.output_shape());
}

inline bool skips_input_normalization(const OnnxBuilder& to, const std::string& x) {
  return x == "x" && !to.input_normalization;
}

inline std::string onnx_standardize(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  if (skips_input_normalization(to, x)) return x;
  const std::string centered = to.node("Sub", {x, onnx_vector(to, layer, "mean")});
  return to.node("Div", {centered, onnx_vector(to, layer, "deviation")});
}

inline std::string onnx_unstandardize(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const std::string scaled = to.node("Mul", {x, onnx_vector(to, layer, "deviation")});
  return to.node("Add", {scaled, onnx_vector(to, layer, "mean")});
}

inline std::string onnx_min_max(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  if (skips_input_normalization(to, x)) return x;
  const std::string above = to.node("Sub", {x, onnx_vector(to, layer, "minimum")});
  const std::string scaled = to.node("Div", {above, onnx_vector(to, layer, "scale")});
  return to.node("Add", {scaled, to.scalar("low", layer.option("low"))});
}

inline std::string onnx_sequential(OnnxBuilder& to, const OnnxLayer& chain, const std::string& x) {
  std::string y = x;
  for (const OnnxLayer& layer : chain.layers()) y = to.layer(layer, y);
  return y;
}

inline std::string onnx_residual(OnnxBuilder& to, const OnnxLayer& residual, const std::string& x) {
  return to.node("Add", {x, onnx_sequential(to, residual, x)});
}

inline std::string onnx_concat(OnnxBuilder& to, const OnnxLayer& concat, const std::string& x) {
  std::vector<std::string> branches;
  for (const OnnxLayer& branch : concat.layers()) branches.push_back(to.layer(branch, x));
  return to.node("Concat", branches, {{"axis", std::int64_t{1}}});
}

}  // namespace detail

/// Returns the functions that write the layers of the library, by the type names of `describe`. Add functions to a
/// copy to write layers of your own:
///
///   OnnxEmitters layers = onnx_layers();
///   layers["Square"] = [](OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
///     return to.node("Mul", {x, x});
///   };
///   save_onnx("net.onnx", net, {.layers = layers});
///
/// A function gets a tensor of the layer by `layer.tensor("weight")`, in its logical dimensions, adds it by
/// `to.constant`, and finds the shapes in `layer.input_shape()` and `layer.output_shape()`.
inline OnnxEmitters onnx_layers() {
  using namespace detail;
  return {{"Dense", onnx_dense},
          {"Conv1D", onnx_sequence_convolution},
          {"Conv2D", onnx_convolution},
          {"ConvTranspose2D", onnx_transposed_convolution},
          {"Upsample", onnx_upsample},
          {"ZeroPad2D", onnx_pad},
          {"MaxPool2D", onnx_max_pool},
          {"AveragePool2D", onnx_average_pool},
          {"GlobalAveragePool", onnx_global_average_pool},
          {"Embedding", onnx_embedding},
          {"RNN", onnx_recurrent("RNN", {0})},
          {"LSTM", onnx_recurrent("LSTM", {0, 3, 1, 2})},
          {"GRU", onnx_recurrent("GRU", {1, 0, 2})},
          {"BatchNorm", onnx_batch_norm},
          {"LayerNorm", onnx_layer_norm},
          {"GroupNorm", onnx_group_norm},
          {"InstanceNorm", onnx_instance_norm},
          {"RMSNorm", onnx_rms_norm},
          {"MultiHeadAttention", onnx_attention},
          {"PositionalEncoding", onnx_positional_encoding},
          {"PositionEmbedding", onnx_position_embedding},
          {"Standardize", onnx_standardize},
          {"Unstandardize", onnx_unstandardize},
          {"MinMax", onnx_min_max},

          {"ReLU", onnx_operator("Relu")},
          {"ReLU6", onnx_clip(0, 6)},
          {"LeakyReLU", onnx_operator("LeakyRelu", {{"alpha", "slope"}})},
          {"PReLU", onnx_prelu},
          {"ELU", onnx_operator("Elu", {{"alpha", "alpha"}})},
          {"SELU", onnx_selu},
          {"GELU", onnx_gelu},
          {"SiLU", onnx_silu},
          {"Mish", onnx_mish},
          {"Softplus", onnx_operator("Softplus")},
          {"Softsign", onnx_operator("Softsign")},
          {"Sigmoid", onnx_operator("Sigmoid")},
          {"Tanh", onnx_operator("Tanh")},
          {"HardSigmoid", onnx_hard_sigmoid},
          {"HardTanh", onnx_clip(-1, 1)},
          {"HardSwish", onnx_operator("HardSwish")},
          {"Softmax", onnx_softmax("Softmax")},
          {"LogSoftmax", onnx_softmax("LogSoftmax")},

          {"Identity", onnx_identity},
          {"Flatten", onnx_reshape},
          {"Reshape", onnx_reshape},
          {"Dropout", onnx_identity},
          {"GaussianDropout", onnx_identity},
          {"GaussianNoise", onnx_identity},

          {"Sequential", onnx_sequential},
          {"DynamicSequential", onnx_sequential},
          {"Residual", onnx_residual},
          {"Concat", onnx_concat},
          {"Formula", onnx_formula}};
}

}  // namespace descent
