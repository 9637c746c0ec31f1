#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/io/onnx/builder.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/layer.hpp"
#include "descent/layers/normalization/group_norm.hpp"
#include "descent/layers/normalization/instance_norm.hpp"

namespace descent::inline DESCENT_ABI::detail {

inline std::string onnx_instance_norm(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  return to.node("InstanceNormalization",
                 {x, to.constant("gamma", layer.tensor("gamma")), to.constant("beta", layer.tensor("beta"))},
                 {{"epsilon", layer.option("epsilon")}});
}

/// The instance normalization of groups as channels, as PyTorch exports it: GroupNormalization is an operator only
/// since opset 18.
inline std::string onnx_group_norm(OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
  const Shape& in = layer.input_shape();
  const double groups = layer.option("groups");
  const auto count = static_cast<std::int64_t>(groups);
  const auto reshaped = [&](const std::string& y, std::vector<double> dims) {
    const auto rank = static_cast<std::int64_t>(dims.size());
    return to.node("Reshape", {y, to.constant("shape", {{}, {rank}, std::move(dims), OnnxType::int64})});
  };
  const auto each_group = [&](const char* name, double value) {
    return to.constant(name, {{}, {count}, std::vector<double>(static_cast<std::size_t>(count), value)});
  };
  const std::string normalized = to.node(
      "InstanceNormalization", {reshaped(x, {0, groups, -1}), each_group("ones", 1), each_group("zeros", 0)},
      {{"epsilon", layer.option("epsilon")}});
  std::vector<double> back{-1};
  for (const std::int64_t size : onnx_dims(in)) back.push_back(static_cast<double>(size));
  const std::string scaled =
      to.node("Mul", {reshaped(normalized, std::move(back)),
                      to.constant("gamma", onnx_broadcast(layer.tensor("gamma"), in))});
  return to.with_shape(
      to.node("Add", {scaled, to.constant("beta", onnx_broadcast(layer.tensor("beta"), in))}), in);
}

/// The patterns of normalizations of each channel, or group of channels, of a sample.
template <std::floating_point T>
struct OnnxNormalization {
  using In = OnnxImport<T>&;

  static void instance_norm(In in) {
    const Index channels = in.shape().channels;
    const Vector<double> gamma = in.vector("gamma", channels), beta = in.vector("beta", channels);
    add(in, InstanceNorm<T>{channels, {.epsilon = in.real("InstanceNormalization", "epsilon", 1e-5)}}, gamma,
        beta);
  }

  static void group_norm(In in) {
    in.expect("GroupNormalization", "stash_type", 1, "export it in float32");
    const Index channels = in.shape().channels, groups = in.integer("GroupNormalization", "num_groups", 0);
    expect_groups(in, groups, channels);
    // A number for each channel since opset 21, before for each group.
    const Index each = in.opset() < 21 ? groups : channels;
    const Vector<double> gamma = in.vector("gamma", each), beta = in.vector("beta", each);
    add(in, GroupNorm<T>{groups, channels, {.epsilon = in.real("GroupNormalization", "epsilon", 1e-5)}},
        of_channels(gamma, channels), of_channels(beta, channels));
  }

  static void decomposed_group_norm(In in) {
    const Shape shape = in.shape();
    const std::vector<double>& grouped = in.tensor("shape").values;
    const bool fits = grouped.size() == 3 && (grouped[0] == 0 || grouped[0] == -1 ||
                                              grouped[0] == static_cast<double>(in.samples().count));
    if (!fits || !(grouped[1] >= 1 && grouped[1] <= static_cast<double>(shape.channels)) || !keeps_shape(in))
      in.fail("expected values [batch, groups, -1] to be normalized, got others", "export a GroupNorm");
    const auto groups = static_cast<Index>(grouped[1]);
    expect_groups(in, groups, shape.channels);
    const double size = static_cast<double>(shape.size() / groups);
    if (grouped[2] != size && (grouped[2] != -1 || grouped[0] == -1))
      in.fail("expected values [batch, groups, -1] to be normalized, got others", "export a GroupNorm");
    auto [gamma, beta] = in.broadcast({"gamma", "beta"});
    const Vector<double> scale = of_channels(in.vector("scale", groups), shape.channels),
                         shift = of_channels(in.vector("shift", groups), shape.channels);
    if (gamma.size() != 1 && gamma.size() != shape.channels)
      in.fail("expected a number for each channel, got one for each value", "export a GroupNorm");
    gamma = in.expanded(gamma, shape.channels);
    beta = in.expanded(beta, shape.channels) + gamma.cwiseProduct(shift);
    add(in,
        GroupNorm<T>{groups, shape.channels, {.epsilon = in.real("InstanceNormalization", "epsilon", 1e-5)}},
        gamma.cwiseProduct(scale), beta);
  }

 private:
  static void expect_groups(In in, Index groups, Index channels) {
    if (groups < 1 || channels % groups != 0)
      in.fail(joined("expected groups that divide ", channels, " channels, got ", groups),
              "make the groups fit the layer before it");
  }
  /// True if the last Reshape restores the dimensions of the input.
  static bool keeps_shape(In in) {
    if (!in.has("back")) return true;
    const std::vector<double>& back = in.tensor("back").values;
    const OnnxSamples& samples = in.samples();
    bool same = back.size() == samples.axes.size() + 1 &&
                (back[0] == -1 || back[0] == 0 || back[0] == static_cast<double>(samples.count));
    for (std::size_t i = 1; same && i < back.size(); ++i)
      same = back[i] == static_cast<double>(samples.size(i - 1)) || back[i] == 0 ||
             (back[i] == -1 && back[0] != -1);
    return same;
  }
  /// Repeats the number of each group for its channels.
  static Vector<double> of_channels(const Vector<double>& groups, Index channels) {
    Vector<double> all(channels);
    for (Index c = 0; c < channels; ++c) all(c) = groups(c / (channels / groups.size()));
    return all;
  }
  static void add(In in, auto layer, const Vector<double>& gamma, const Vector<double>& beta) {
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    in.add(std::move(layer));
  }
};

}  // namespace descent::detail
