#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/layers/attention/multi_head_attention.hpp"
#include "descent/layers/attention/rotary.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The patterns of attention, and the functions that add its layer.
template <std::floating_point T>
struct OnnxAttention {
  using In = OnnxImport<T>&;

  /// Appends the patterns of what is written above, and of PyTorch's torch.nn.MultiheadAttention.
  static void add_to(OnnxImporters<T>& all) {
    for (const bool rotates : {false, true})
      for (const bool has_mask : {false, true})
        for (const bool has_bias : {true, false})
          all.push_back({own_pattern(rotates, has_mask, has_bias), rotates ? rotary : plain});
    for (const bool has_mask : {false, true}) all.push_back({pytorch_pattern(has_mask), pytorch});
  }

 private:
  static std::string own_pattern(bool rotates, bool has_mask, bool has_bias) {
    const std::string p = has_bias ? "Add(MatMul(x, weight), bias)" : "MatMul(x, weight)";
    const auto head = [&](const std::string& i) {
      return joined("Transpose(Reshape(Slice(", p, ", start", i, ", end", i, ", axes), split))");
    };
    const auto rotated = [&](const std::string& h) {
      return rotates ? joined("Add(Mul(", h, ", cosine), Mul(MatMul(", h, ", turn), sine))") : h;
    };
    const std::string k = rotates ? joined("Transpose(", rotated(head("1")), ")") : head("1");
    std::string scores = joined("MatMul(Div(", rotated(head("0")), ", scale), ", k, ")");
    if (has_mask) scores = joined("Add(", scores, ", mask)");
    const std::string y = joined("MatMul(Reshape(Transpose(MatMul(Softmax(", scores, "), ", head("2"),
                                 ")), whole), out_weight)");
    return has_bias ? joined("Add(", y, ", out_bias)") : y;
  }
  /// `_d` is the number of features that PyTorch computes from the shape of its input, `_` a shape.
  static std::string pytorch_pattern(bool has_mask) {
    const std::string p = "Add(MatMul(Transpose(x), weight), bias)";
    const auto head = [&](std::string_view begin, std::string_view end) {
      return joined("Transpose(Reshape(Slice(", p, ", ", begin, ", ", end, ", axes), _))");
    };
    std::string scores =
        joined("MatMul(Div(", head("0", "Mul(_d, 1)"), ", scale), ", head("Mul(_d, 1)", "Mul(_d, 2)"), ")");
    if (has_mask) scores = joined("Add(Mul(", scores, ", 1), mask)");
    return joined("Transpose(Reshape(Gemm(Reshape(Transpose(MatMul(Softmax(", scores, "), ",
                  head("Mul(_d, 2)", "Mul(_d, 3)"), ")), _), out_weight, out_bias), _))");
  }

  static void plain(In in) {
    expect_orders(in, {{0, 2, 1, 3}, {0, 2, 3, 1}});
    expect_own(in);
    add(in, Rotary::none, 10000, false);
  }
  static void pytorch(In in) {
    expect_orders(in, {{1, 0, 2}, {1, 2, 0}});
    for (const char* name : {"transA", "transB"})
      if (in.integer("Gemm", name, 0) != (std::string_view{name} == "transB" ? 1 : 0))
        fail(in, "the output projection of torch.nn.MultiheadAttention");
    if (in.real("Gemm", "alpha", 1) != 1 || in.real("Gemm", "beta", 1) != 1)
      fail(in, "the output projection of torch.nn.MultiheadAttention");
    add(in, Rotary::none, 10000, true);
  }
  static void rotary(In in) {
    expect_orders(in, {{0, 2, 1, 3}, {0, 1, 3, 2}});
    const Index steps = expect_own(in), n = head_size(in);
    const OnnxTensor &cosine = in.tensor("cosine"), &sine = in.tensor("sine"), &turn = in.tensor("turn");
    const auto is = [](const OnnxTensor& t, Index rows, Index cols) {
      return t.dims == std::vector<std::int64_t>{rows, cols} &&
             t.values.size() == static_cast<std::size_t>(rows * cols);
    };
    if (!is(cosine, steps, n) || !is(sine, steps, n) || !is(turn, n, n) || n % 2 != 0)
      fail(in, "rotary positions for each step and feature of a head");
    const auto at = [n](const OnnxTensor& t, Index i, Index j) {
      return t.values[static_cast<std::size_t>(i * n + j)];
    };
    const Rotary kind = at(turn, 0, 1) == 1 ? Rotary::neighbors : Rotary::halves;
    double base = 10000;  // from the second pair in step 1
    if (const Index pair = kind == Rotary::neighbors ? 2 : 1; n > 2 && steps > 1)
      base = std::pow(std::atan2(at(sine, 1, pair), at(cosine, 1, pair)), -static_cast<double>(n) / 2);
    if (std::abs(base - std::round(base)) <= 1e-4 * base) base = std::round(base);
    for (Index t = 0; t < steps; ++t)
      for (Index i = 0; i < n; ++i) {
        const Index pair = kind == Rotary::neighbors ? i / 2 : i % (n / 2),
                    other = kind == Rotary::neighbors ? i ^ 1 : (i + n / 2) % n;
        const double angle =
            static_cast<double>(t) * std::pow(base, -2 * static_cast<double>(pair) / static_cast<double>(n));
        if (!(std::abs(at(cosine, t, i) - std::cos(angle)) <= 1e-3 &&
              std::abs(at(sine, t, i) - std::sin(angle)) <= 1e-3) ||
            at(turn, i, other) != (other > i ? 1 : -1))
          fail(in, "rotary positions of angles t * base^(-2 i / n)");
      }
    add(in, kind, base, false);
  }

  [[noreturn]] static void fail(In in, std::string_view expected) {
    in.fail(joined("expected ", expected, ", got others"),
            "export it by save_onnx, or as torch.nn.MultiheadAttention of one input");
  }
  static void expect_orders(In in, std::initializer_list<std::vector<std::int64_t>> allowed) {
    for (const OnnxNode* node : in.nodes()) {
      if (node->op == "Softmax" && attribute_or(*node, "axis", std::int64_t{-1}) != -1 &&
          attribute_or(*node, "axis", std::int64_t{-1}) + 1 !=
              static_cast<std::int64_t>(allowed.begin()->size()))
        fail(in, "a softmax over the keys");
      if (node->op != "Transpose") continue;
      const auto order = attribute_or(*node, "perm", std::vector<std::int64_t>{});
      if (std::find(allowed.begin(), allowed.end(), order) == allowed.end())
        fail(in, "heads [batch, heads, steps, features]");
    }
  }
  static Index head_size(In in) {
    const double scale = in.scalar("scale");
    if (!(scale >= 1 && scale < 0x1p20)) fail(in, "a division by the root of the size of a head");
    return static_cast<Index>(std::round(scale * scale));
  }
  /// Throws unless the samples are [steps, features], split as written above; returns the number of steps.
  static Index expect_own(In in) {
    const auto& axes = in.samples().axes;
    const Index d = axes.size() == 2 ? in.samples().size(1) : 0, n = head_size(in);
    const Index steps = d > 0 ? in.samples().size(0) : 0;
    const auto is = [&](const char* name, std::initializer_list<Index> sizes) {
      const std::vector<double>& values = in.tensor(name).values;
      return std::equal(values.begin(), values.end(), sizes.begin(), sizes.end(),
                        [](double a, Index b) { return a == static_cast<double>(b); });
    };
    if (d == 0 || !is("start0", {0}) || !is("end0", {d}) || !is("start1", {d}) || !is("end1", {2 * d}) ||
        !is("start2", {2 * d}) || !is("end2", {3 * d}) || !is("axes", {2}) ||
        !is("split", {-1, steps, d / n, n}) || !is("whole", {-1, steps, d}))
      fail(in, "queries, keys and values of heads");
    return steps;
  }

  static void add(In in, Rotary kind, double base, bool out_is_transposed) {
    const auto& axes = in.samples().axes;
    if (axes.size() != 2 || !in.samples().is_channel_axis(1)) in.fail_order();
    const Index steps = in.samples().size(0), d = in.samples().size(1), n = head_size(in);
    const Matrix<double> weight = in.matrix("weight"), out = in.matrix("out_weight");
    if (d % n != 0 || weight.rows() != d || weight.cols() != 3 * d || out.rows() != d || out.cols() != d)
      fail(in, "weights of queries, keys and values for the features");
    if (in.has("mask")) expect_causal(in, steps);
    Rng unused{0};
    MultiHeadAttention<T> layer{d,
                                unused,
                                [](Matrix<T>&, const Fan&, Rng&) {},
                                {.heads = d / n,
                                 .causal = in.has("mask"),
                                 .bias = in.has("bias") ? Bias::learned : Bias::none,
                                 .rotary = kind,
                                 .rotary_base = base}};
    layer.in_proj.weight = weight.transpose().template cast<T>();
    layer.out_proj.weight = (out_is_transposed ? out : Matrix<double>{out.transpose()}).template cast<T>();
    if (in.has("bias")) {
      layer.in_proj.bias = in.vector("bias", 3 * d).template cast<T>();
      layer.out_proj.bias = in.vector("out_bias", d).template cast<T>();
    }
    in.work_on(1);
    in.add(std::move(layer));
  }
  static void expect_causal(In in, Index steps) {
    const OnnxTensor& mask = in.tensor("mask");
    constexpr double masked = -1e4;  // at most, as in models of float16
    bool holds = mask.values.size() == static_cast<std::size_t>(steps * steps) && mask.dims.size() >= 2 &&
                 mask.dims.back() == steps;
    for (Index i = 0; i < steps && holds; ++i)
      for (Index j = 0; j < steps; ++j) {
        const double value = mask.values[static_cast<std::size_t>(i * steps + j)];
        holds = holds && (j > i ? value <= masked : value == 0);
      }
    if (!holds) fail(in, "a causal mask");
  }
};

}  // namespace descent::inline DESCENT_ABI::detail
