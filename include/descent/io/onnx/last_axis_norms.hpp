#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/layers/normalization/layer_norm.hpp"
#include "descent/layers/normalization/rms_norm.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The patterns of normalizations over the last axis of the samples.
template <std::floating_point T>
struct OnnxLastAxisNorms {
  using In = OnnxImport<T>&;

  /// Throws unless the samples are [batch, features].
  static void expect_plain(In in) {
    if (!in.samples().is_plain())
      in.fail(
          joined("expected an input [batch, features], got ", 1 + in.samples().axes.size(), " dimensions"),
          "flatten the samples, or move the channels to the last axis with a Transpose");
  }
  /// The last axis of the samples; throws if it holds neither the features nor the channels.
  static std::size_t last_axis(In in) {
    const std::size_t last = in.samples().axes.size() - 1;
    if (in.samples().axes.size() < 2 || !in.samples().is_channel_axis(last)) expect_plain(in);
    return last;
  }

  /// Normalizes all values of a sample, or the last axis if it holds the channels.
  static void layer_norm(In in) {
    in.expect("LayerNormalization", "stash_type", 1, "export it in float32");
    const std::size_t axis = in.axis("LayerNormalization", -1), last = in.samples().axes.size() - 1;
    const double epsilon = in.real("LayerNormalization", "epsilon", 1e-5);
    if (axis == 0) {
      in.work_on_all();
      const Index size = in.samples().size();
      const Vector<double> gamma = in.expanded(in.broadcast({"gamma"})[0], size);
      return add_layer_norm(
          in, gamma,
          in.has("beta") ? in.expanded(in.broadcast({"beta"})[0], size) : Vector<double>::Zero(size),
          epsilon);
    }
    if (axis != last || !in.samples().is_channel_axis(last))
      in.fail_axis(in.integer("LayerNormalization", "axis", -1));
    const Vector<double> gamma = in.along(last, "gamma");
    in.work_on(last);
    add_layer_norm(in, gamma, in.has("beta") ? in.along(last, "beta") : Vector<double>::Zero(gamma.size()),
                   epsilon);
  }
  /// gamma (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) + beta, as PyTorch exports it before opset 17. Both
  /// means are over the last axis and keep it.
  static void decomposed_layer_norm(In in) {
    const std::size_t last = last_axis(in);
    expect_last_axis(in, last, {"axes", "square_axes"});
    const Vector<double> gamma = in.along(last, "gamma"), beta = in.along(last, "beta");
    in.work_on(last);
    add_layer_norm(in, gamma, beta, in.scalar("epsilon"));
  }
  static void add_layer_norm(In in, const Vector<double>& gamma, const Vector<double>& beta, double epsilon) {
    LayerNorm<T> layer{gamma.size(), {.epsilon = epsilon}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    in.add(std::move(layer));
  }

  /// Normalizes the last axis if it holds the channels, or all values of a sample.
  static void rms_norm(In in) {
    const std::string_view op = in.node().op;
    const std::size_t axis = in.axis(op, -1), last = in.samples().axes.size() - 1;
    const double epsilon = in.real(op, "epsilon", 1e-5);
    if (axis == 0) {
      in.work_on_all();
      return add_rms_norm(in, in.expanded(in.broadcast({"gamma"})[0], in.samples().size()), epsilon);
    }
    if (axis != last || !in.samples().is_channel_axis(last)) in.fail_axis(in.integer(op, "axis", -1));
    const Vector<double> gamma = in.along(last, "gamma");
    in.work_on(last);
    add_rms_norm(in, gamma, epsilon);
  }
  /// gamma x / sqrt(mean(x^2) + epsilon), as PyTorch exports it.
  static void decomposed_rms_norm(In in) {
    const std::size_t last = last_axis(in);
    expect_last_axis(in, last, {"axes"});
    const Vector<double> gamma = in.along(last, "gamma");
    in.work_on(last);
    add_rms_norm(in, gamma, in.scalar("epsilon"));
  }
  static void add_rms_norm(In in, const Vector<double>& gamma, double epsilon) {
    RMSNorm<T> layer{gamma.size(), {.epsilon = epsilon}};
    layer.gamma = gamma.cast<T>();
    in.add(std::move(layer));
  }

  /// Throws unless all means are over the last axis and keep it; `names` are those of their axes in the pattern.
  static void expect_last_axis(In in, std::size_t last, std::initializer_list<const char*> names) {
    const auto expect_last = [&](const auto& axes) {
      if (axes.size() != 1 ||
          (axes[0] != -1 && static_cast<std::int64_t>(axes[0]) != static_cast<std::int64_t>(last) + 1))
        in.fail(joined("expected means over axis ", last + 1, ", got another"),
                "normalize the last axis, with the samples in rows");
    };
    for (const OnnxNode* node : in.nodes()) {
      if (node->op != "ReduceMean") continue;
      if (attribute_or(*node, "keepdims", std::int64_t{1}) != 1)
        in.fail(joined("expected keepdims = 1 of ", printed(*node), ", got 0"),
                "export it with keepdims = 1");
      if (in.opset() < 18) expect_last(attribute_or(*node, "axes", std::vector<std::int64_t>{}));
    }
    for (const char* axes : names) {
      if (in.has(axes) != (in.opset() >= 18))
        in.fail(
            joined("expected ReduceMean with its axes as opset ", in.opset(), " has them, got other ones"),
            "set opset_import to the opset of the nodes");
      if (in.has(axes)) expect_last(in.tensor(axes).values);
    }
  }
};

}  // namespace descent::inline DESCENT_ABI::detail
