#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/zeros.hpp"
#include "descent/io/onnx/attention_patterns.hpp"
#include "descent/io/onnx/elementwise.hpp"
#include "descent/io/onnx/image_sizes.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/last_axis_norms.hpp"
#include "descent/io/onnx/normalization.hpp"
#include "descent/io/onnx/reshaping.hpp"
#include "descent/io/onnx/sequences.hpp"
#include "descent/layers.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// The patterns that are read, and for each a function that adds its layer. A pattern is a small subgraph, written as
/// an expression of its operators:
///
///   subgraph                        pattern                        layer
///
///   x --+-- Sigmoid --+
///       |             +-- Mul       Mul(x, Sigmoid(x))             SiLU
///       +-------------+
///
///   x -------+
///            +-- MatMul --+
///   weight --+            +-- Add   Add(MatMul(x, weight), bias)   Dense
///   bias -----------------+
///
/// The table comes first, then the functions in its order.
template <std::floating_point T>
struct OnnxPatternLayers : OnnxElementwise<T>,
                           OnnxReshaping<T>,
                           OnnxImageSizes<T>,
                           OnnxSequences<T>,
                           OnnxNormalization<T>,
                           OnnxLastAxisNorms<T> {
  using Base = OnnxElementwise<T>;
  using Order = OnnxReshaping<T>;
  using Images = OnnxImageSizes<T>;
  using Groups = OnnxNormalization<T>;
  using Norms = OnnxLastAxisNorms<T>;
  using typename Base::In;

  /// The first pattern that matches a node is taken, so of the patterns that end in the same operator the largest is
  /// first.
  static OnnxImporters<T> table() {
    OnnxImporters<T> all;
    OnnxAttention<T>::add_to(all);
    const OnnxImporters<T> others{
        {"Gemm(x, weight, bias?)", gemm},
        {"Add(MatMul(x, weight), bias)", matmul},
        {"MatMul(x, weight)", matmul},
        {"Conv(x, weight, bias?)", convolution},
        {"ConvTranspose(x, weight, bias?)", Images::transposed_convolution},
        {"Resize(x, roi?, scales?, sizes?)", Images::resize},
        {"Upsample(x, scales)", Images::upsample},
        {"Pad(x, pads, value?, axes?)", Images::pad},
        {"MaxPool(x)", Images::max_pool},
        {"AveragePool(x)", Images::average_pool},
        {"GlobalAveragePool(x)", Images::global_average_pool},
        {"GlobalMaxPool(x)", Images::global_max_pool},
        {"ReduceMean(x, axes?)", Images::reduce_mean},
        {"ReduceMax(x, axes?)", Images::reduce_max},

        {"BatchNormalization(x, gamma, beta, mean, variance)", batch_norm},
        {"LayerNormalization(x, gamma, beta?)", Norms::layer_norm},
        {"GroupNormalization(x, gamma, beta)", Groups::group_norm},
        {"InstanceNormalization(x, gamma, beta)", Groups::instance_norm},
        {"Add(Mul(Reshape(InstanceNormalization(Reshape(x, shape), scale, shift), back), gamma), beta)",
         Groups::decomposed_group_norm},
        {"Add(Mul(Reshape(InstanceNormalization(Reshape(x, shape), scale, shift), Shape(x)), gamma), beta)",
         Groups::decomposed_group_norm},
        {"Add(Mul(Div(Sub(x, ReduceMean(x, axes?)), Sqrt(Add(ReduceMean(Pow(Sub(x, ReduceMean(x, axes?)), "
         "2), square_axes?), epsilon))), gamma), beta)",
         Norms::decomposed_layer_norm},
        {"RMSNormalization(x, gamma)", Norms::rms_norm},
        {"SimplifiedLayerNormalization(x, gamma)", Norms::rms_norm},
        {"Mul(Div(x, Sqrt(Add(ReduceMean(Pow(x, 2), axes?), epsilon))), gamma)", Norms::decomposed_rms_norm},
        {"Mul(Mul(x, Reciprocal(Sqrt(Add(ReduceMean(Pow(x, 2), axes?), epsilon)))), gamma)",
         Norms::decomposed_rms_norm},

        {"Relu(x)", Base::template plain<ReLU<T>>},
        {"LeakyRelu(x)", Base::leaky_relu},
        {"PRelu(x, slope)", Base::prelu},
        {"Elu(x)", Base::elu},
        {"Selu(x)", Base::selu},
        {"Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)",
         Base::template decomposed_gelu<GELUForm::exact>},
        {"Mul(Mul(x, Add(Tanh(Mul(Add(x, Mul(Mul(x, Mul(x, x)), 0.044715)), 0.79788456)), 1)), 0.5)",
         Base::template decomposed_gelu<GELUForm::tanh>},
        {"Gelu(x)", Base::gelu},
        {"Mul(x, Sigmoid(x))", Base::template plain<SiLU<T>>},
        {"Mul(x, Tanh(Softplus(x)))", Base::template plain<Mish<T>>},
        {"Mish(x)", Base::template plain<Mish<T>>},
        {"Softplus(x)", Base::template plain<Softplus<T>>},
        {"Softsign(x)", Base::template plain<Softsign<T>>},
        {"Div(x, Add(Abs(x), 1))", Base::template plain<Softsign<T>>},
        {"Sigmoid(x)", Base::template plain<Sigmoid<T>>},
        {"Tanh(x)", Base::template plain<Tanh<T>>},
        {"HardSigmoid(x)", Base::hard_sigmoid},
        {"HardSwish(x)", Base::template plain<HardSwish<T>>},
        {"Mul(x, HardSigmoid(x))", Base::hard_swish},
        {"Clip(x, min?, max?)", Base::clip},
        {"Softmax(x)", softmax<Softmax<T>>},
        {"LogSoftmax(x)", softmax<LogSoftmax<T>>},

        {"Identity(x)", identity},
        {"Transpose(x)", Order::transpose},
        {"Flatten(x)", Order::flatten},
        {"Reshape(x, shape)", Order::reshape},
        {"Reshape(x, Concat(Unsqueeze(Gather(Shape(_), index), axes?), sizes))", Order::view},
        {"Reshape(x, Concat(batch, Unsqueeze(Mul(Mul(Mul(Gather(Shape(x), i), 1), Gather(Shape(x), j)), "
         "Gather(Shape(x), k)), axes?)))",
         Order::view_of_product},
        {"Cast(x)", cast},
        {"Dropout(x, ratio?, mode?)", dropout},

        {"Add(Div(Sub(x, a), b), c)", Base::sub_div_add},
        {"Div(Sub(x, a), b)", Base::sub_div},
        {"Add(Mul(x, a), b)", Base::mul_add},
        {"Mul(x, a)", Base::mul},
        {"Div(x, a)", Base::div},
        {"Add(x, a)", Base::add},
        {"Sub(x, a)", Base::sub},
        {"Sub(a, x)", Base::sub_from},
    };
    all.insert(all.end(), others.begin(), others.end());
    for (auto& each : OnnxSequences<T>::patterns()) all.push_back(each);
    for (OnnxImporter<T>& each : all) each.checks_attributes = true;
    return all;
  }

  /// y = alpha x W^T + beta b, with samples in rows; W is [in, out] in the file if transB is 0.
  static void gemm(In in) {
    Norms::expect_plain(in);
    in.expect("Gemm", "transA", 0, "keep the samples in rows");
    Matrix<double> weight = in.matrix("weight") * in.real("Gemm", "alpha", 1);
    if (in.integer("Gemm", "transB", 0) == 0) weight.transposeInPlace();
    if (!in.has("bias")) return add_dense(in, 0, weight, nullptr);
    const Vector<double> bias = in.vector("bias", weight.rows()) * in.real("Gemm", "beta", 1);
    add_dense(in, 0, weight, &bias);
  }
  /// y = x W + b along the last axis; W is [in, out] in the file.
  static void matmul(In in) {
    const std::size_t last = Norms::last_axis(in);
    const Matrix<double> weight = in.matrix("weight").transpose();
    if (!in.has("bias")) return add_dense(in, last, weight, nullptr);
    const Vector<double> bias = in.vector("bias", weight.rows());
    add_dense(in, last, weight, &bias);
  }
  /// A convolution. With a kernel [out, in, 1, 1] it is a Dense layer at each position.
  static void convolution(In in) {
    const OnnxTensor& kernel = in.tensor("weight");
    const auto all_are = [](const auto& list, std::int64_t value) {
      return std::all_of(list.begin(), list.end(), [&](std::int64_t each) { return each == value; });
    };
    if (kernel.dims.size() < 3 || !all_are(std::span{kernel.dims}.subspan(2), 1) ||
        !all_are(in.integers("Conv", "strides"), 1) || !all_are(in.integers("Conv", "pads"), 0) ||
        in.integer("Conv", "group", 1) != 1)
      return Images::convolution(in);
    const auto rank = 1 + in.samples().axes.size();
    if (kernel.dims.size() != rank)
      in.fail(joined("expected a kernel for ", rank, " dimensions, got one of ", kernel.dims.size()),
              "make the kernel fit the layer before it");
    const Matrix<double> weight = in.matrix("weight", kernel.dims[0], kernel.dims[1]);
    if (!in.has("bias")) return add_dense(in, 0, weight, nullptr);
    const Vector<double> bias = in.vector("bias", weight.rows());
    add_dense(in, 0, weight, &bias);
  }

  /// Adds a Dense with a weight [out, in] for the features of an axis.
  static void add_dense(In in, std::size_t axis, const Matrix<double>& weight, const Vector<double>* bias) {
    OnnxSamples& samples = in.samples();
    if (samples.size(axis) != weight.cols())
      in.fail(joined("expected ", samples.size(axis), " features, got a matrix for ", weight.cols()),
              "make the weight fit the layer before it");
    Rng unused{0};
    Dense<T> layer{weight.cols(), weight.rows(), unused, Zeros{}, bias ? Bias::learned : Bias::none};
    layer.weight = (samples.is_plain() ? in.in_our_order(weight) : weight).template cast<T>();
    if (bias) layer.bias = bias->template cast<T>();
    in.work_on(axis);
    OnnxSamples after = samples;
    after.set_channels(axis, weight.rows());
    in.add(std::move(layer));
    after.shape = samples.shape;
    samples = std::move(after);
  }

  static void batch_norm(In in) {
    in.expect("BatchNormalization", "training_mode", 0, "export it after model.eval()");
    const std::vector<std::string>& outputs = in.node().outputs;
    if (std::any_of(outputs.begin() + 1, outputs.end(),
                    [](const std::string& name) { return !name.empty(); }))
      in.fail("expected one output, as at inference, got those of training", "export it after model.eval()");
    if (in.samples().axes.empty()) Norms::expect_plain(in);
    if (!in.samples().is_plain())
      in.expect("BatchNormalization", "spatial", 1, "give one number for each channel");
    const Vector<double> gamma = in.along(0, "gamma"), beta = in.along(0, "beta"), mean = in.along(0, "mean"),
                         variance = in.along(0, "variance");
    in.work_on(0);
    BatchNorm<T> layer{gamma.size(),
                       {.momentum = in.real("BatchNormalization", "momentum", 0.9),
                        .epsilon = in.real("BatchNormalization", "epsilon", 1e-5)}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    in.add(Base::with_state(std::move(layer), mean, variance));
  }

  /// A softmax over the channels; before opset 13, over all values of a sample together.
  template <class L>
  static void softmax(In in) {
    const std::size_t axis = in.axis(L::name, in.opset() < 13 ? 1 : -1);
    const bool over_all = in.samples().is_plain() || in.opset() < 13;
    if (over_all ? axis != 0 : !in.samples().is_channel_axis(axis))
      in.fail_axis(in.integer(L::name, "axis", in.opset() < 13 ? 1 : -1));
    over_all ? in.work_on_all() : in.work_on(axis);
    in.add(L{});
  }

  static void identity(In) {}
  static void cast(In in) {
    const std::int64_t to = in.integer("Cast", "to", 0);
    if (to != 1 && to != 10 && to != 11)
      in.fail(joined("expected a cast to float32, float16 or float64, got type ", to),
              "end the network before it");
  }
  static void dropout(In in) {
    const double ratio = in.has("ratio") ? in.scalar("ratio") : in.real("Dropout", "ratio", 0.5);
    if (ratio != 0 && in.has("mode") && in.scalar("mode") != 0)
      in.fail("expected a network at inference, got one in training", "export it after model.eval()");
    in.add(Dropout<T>{{.keep = 1 - ratio}});
  }
};

}  // namespace detail

/// Returns the patterns of nodes that are read, each with the layer that it adds. Patterns in front of them read
/// layers of your own; `OnnxImporter` says how one is written:
///
///   OnnxImporters<> layers = onnx_patterns();
///   layers.insert(layers.begin(), {"Mul(x, x)", [](OnnxImport<>& in) { in.add(Square{}); }});
///   DynamicSequential net = load_onnx("net.onnx", layers);
template <std::floating_point T = float>
OnnxImporters<T> onnx_patterns() {
  return detail::OnnxPatternLayers<T>::table();
}

}  // namespace descent
