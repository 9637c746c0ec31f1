#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/layers/attention/positional_encoding.hpp"

namespace descent::inline DESCENT_ABI::detail {

// Attention, written.

inline std::string onnx_integers(OnnxBuilder& to, std::string_view name, std::vector<double> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return to.constant(name, {{}, {size}, std::move(values), OnnxType::int64});
}
/// A matrix constant [rows, cols], whose numbers f(i, j) returns.
std::string onnx_matrix(OnnxBuilder& to, std::string_view name, Index rows, Index cols, auto&& f) {
  OnnxTensor tensor{{}, {rows, cols}, {}};
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) tensor.values.push_back(f(i, j));
  return to.constant(name, std::move(tensor));
}

/// Writes a projection of each step: MatMul with the transposed weight, and Add with the bias if there is one.
inline std::string onnx_projection(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x,
                                   std::string_view weight, std::string_view bias) {
  const OnnxTensor& w = layer.tensor(weight);
  const std::string transposed = onnx_matrix(to, weight, w.dims[1], w.dims[0], [&](Index i, Index j) {
    return w.values[static_cast<std::size_t>(j * w.dims[1] + i)];
  });
  const std::string y = to.node("MatMul", {x, transposed});
  return layer.has(bias) ? to.node("Add", {y, to.constant(bias, layer.tensor(bias))}) : y;
}

/// Rotates the heads x [batch, heads, steps, n]: x cos + rotate(x) sin, where a matrix rotates each pair by 90 degrees.
struct OnnxRotary {
  OnnxRotary(OnnxBuilder& to, const OnnxLayer& layer, Index steps, Index n) {
    const bool halves = layer.option("rotary") == 2;
    const double base = layer.option("rotary_base");
    const auto angle = [&](Index t, Index i) {
      const Index pair = halves ? i % (n / 2) : i / 2;
      return static_cast<double>(t) * std::pow(base, -2 * static_cast<double>(pair) / static_cast<double>(n));
    };
    const auto other = [&](Index i) { return halves ? (i + n / 2) % n : i ^ 1; };
    cosine = onnx_matrix(to, "cosine", steps, n, [&](Index t, Index i) { return std::cos(angle(t, i)); });
    sine = onnx_matrix(to, "sine", steps, n, [&](Index t, Index i) { return std::sin(angle(t, i)); });
    turn = onnx_matrix(to, "turn", n, n, [&](Index i, Index j) {
      return other(i) != j ? 0 : j > i ? 1 : -1;
    });
  }
  std::string operator()(OnnxBuilder& to, const std::string& x) const {
    return to.node("Add",
                   {to.node("Mul", {x, cosine}), to.node("Mul", {to.node("MatMul", {x, turn}), sine})});
  }
  std::string cosine, sine, turn;
};

/// Writes multi-head attention as operators on [batch, steps, features] and [batch, heads, steps, n].
inline std::string onnx_attention(OnnxBuilder& to, const OnnxLayer& layer, const std::string& input) {
  const Shape in = layer.input_shape();
  const auto heads = static_cast<Index>(layer.option("heads"));
  const Index d = in.channels, steps = in.positions(), n = d / heads;
  const auto real = [](Index size) { return static_cast<double>(size); };
  const auto shaped = [&](const std::string& x, const std::string& sizes) {
    return to.node("Reshape", {x, sizes});
  };
  const bool is_sequence = in.height == 1 && steps > 1;
  const std::string whole = onnx_integers(to, "steps", {-1, real(steps), real(d)});
  const std::string x = is_sequence ? to.channels_last(input) : shaped(to.channels_last(input), whole);

  const std::string projected = onnx_projection(to, layer, x, "in_proj_weight", "in_proj_bias");
  const std::string axes = onnx_integers(to, "axes", {2}),
                    split = onnx_integers(to, "split", {-1, real(steps), real(heads), real(n)});
  const auto head = [&](Index part, std::vector<std::int64_t> order) {
    const std::string rows = to.node("Slice", {projected, onnx_integers(to, "starts", {real(part * d)}),
                                               onnx_integers(to, "ends", {real((part + 1) * d)}), axes});
    return to.node("Transpose", {shaped(rows, split)}, {{"perm", std::move(order)}});
  };
  std::string q = head(0, {0, 2, 1, 3}), k;
  if (layer.option("rotary") != 0) {
    const OnnxRotary rotate{to, layer, steps, n};
    q = rotate(to, q);
    k = to.node("Transpose", {rotate(to, head(1, {0, 2, 1, 3}))},
                {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
  } else {
    k = head(1, {0, 2, 3, 1});
  }
  std::string scores = to.node("MatMul", {to.node("Div", {q, to.scalar("scale", std::sqrt(real(n)))}), k});
  if (layer.option("causal") != 0) {
    constexpr double masked = -1e30;
    scores = to.node("Add", {scores, onnx_matrix(to, "mask", steps, steps,
                                                 [](Index i, Index j) { return j > i ? masked : 0.0; })});
  }
  const std::string p = to.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const std::string z = to.node("Transpose", {to.node("MatMul", {p, head(2, {0, 2, 1, 3})})},
                                {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
  const std::string y = onnx_projection(to, layer, shaped(z, whole), "out_proj.weight", "out_proj.bias");
  if (is_sequence) return to.channels_first(y);
  if (in.height == 1) return shaped(y, onnx_integers(to, "features", {-1, real(d)}));
  return to.channels_first(
      shaped(y, onnx_integers(to, "image", {-1, real(in.height), real(in.width), real(d)})));
}

/// x / sqrt(mean(x^2) + epsilon) * gamma over the last axis; RMSNormalization is an operator only since opset 23.
inline std::string onnx_rms_norm(OnnxBuilder& to, const OnnxLayer& layer, const std::string& input) {
  const OnnxTensor& gamma = layer.tensor("gamma");
  const bool is_plain = gamma.dims[0] == layer.input_shape().size();
  const std::string x = is_plain ? to.reshape(input, {layer.input_shape().size()}) : to.channels_last(input);
  const std::string mean = to.node("ReduceMean", {to.node("Pow", {x, to.scalar("two", 2)})},
                                   {{"axes", std::vector<std::int64_t>{-1}}});
  const std::string root =
      to.node("Sqrt", {to.node("Add", {mean, to.scalar("epsilon", layer.option("epsilon"))})});
  const std::string y = to.node("Mul", {to.node("Div", {x, root}), to.constant("gamma", gamma)});
  return is_plain ? to.reshape(y, layer.input_shape()) : to.channels_first(y);
}

/// Adds a constant [channels, steps] to the first steps of each sample; values(i) has the channels fastest.
std::string onnx_add_positions(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x, auto&& value) {
  OnnxTensor all{{}, {}, {}};
  for (Index i = 0; i < layer.input_shape().size(); ++i) all.values.push_back(value(i));
  return to.node("Add", {x, to.constant("positions", onnx_broadcast(std::move(all), layer.input_shape()))});
}
inline std::string onnx_positional_encoding(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const Shape& in = layer.input_shape();
  const Matrix<double> encoding =
      PositionalEncoding<double>{{.base = layer.option("base")}}.encoding(in.channels, in.positions());
  return onnx_add_positions(to, layer, x, [&](Index i) { return encoding.data()[i]; });
}
inline std::string onnx_position_embedding(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const OnnxTensor& weight = layer.tensor("weight");  // [steps, features]
  return onnx_add_positions(to, layer, x,
                            [&](Index i) { return weight.values[static_cast<std::size_t>(i)]; });
}

}  // namespace descent::inline DESCENT_ABI::detail
