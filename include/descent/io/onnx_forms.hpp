#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/zeros.hpp"
#include "descent/io/onnx_elementwise.hpp"
#include "descent/io/onnx_numbers.hpp"
#include "descent/layers.hpp"
#include "descent/models/network.hpp"

namespace descent::detail {

/// Makes layers from the forms in a file. Each function adds to a network the meaning of one form.
template <std::floating_point T>
struct OnnxForms : OnnxElementwise<T> {
  using Base = OnnxElementwise<T>;
  using typename Base::From;
  using typename Base::Net;
  struct Row {
    std::string_view form;
    void (*add)(Net&, From);
  };

  static void dense(Net& net, From from, const Matrix<double>& weight, const Vector<double>* bias) {
    Rng unused{0};
    if (from.features() != weight.cols())
      from.fail(concat("expected ", from.features(), " features, got a matrix for ", weight.cols()),
                "its sizes do not fit the layer before it");
    Dense<T> layer{weight.cols(), weight.rows(), unused, Zeros{}, bias ? Bias::learned : Bias::none};
    layer.weight = weight.template cast<T>();
    if (bias) layer.bias = bias->template cast<T>();
    net.add(std::move(layer));
  }
  static Matrix<double> gemm_weight(From from) {
    from.expect("Gemm", "transA", 0, "samples are rows, and their features columns");
    Matrix<double> w = from.matrix("weight");
    if (from.integer("Gemm", "transB", 0) == 0) w.transposeInPlace();
    return w * from.real("Gemm", "alpha", 1);
  }
  static void gemm(Net& net, From from) {
    const Matrix<double> weight = gemm_weight(from);
    if (!from.has("bias")) return dense(net, from, weight, nullptr);
    const Vector<double> bias = from.vector("bias", weight.rows()) * from.real("Gemm", "beta", 1);
    dense(net, from, weight, &bias);
  }
  static void product(Net& net, From from) { dense(net, from, from.matrix("weight").transpose(), nullptr); }
  static void product_with_bias(Net& net, From from) {
    const Matrix<double> weight = from.matrix("weight").transpose();
    const Vector<double> bias = from.vector("bias", weight.rows());
    dense(net, from, weight, &bias);
  }

  static void batch_norm(Net& net, From from) {
    from.features();
    from.expect("BatchNormalization", "training_mode", 0, "export it after model.eval()");
    const std::vector<std::string>& outputs = from.node().outputs;
    if (std::any_of(outputs.begin() + 1, outputs.end(),
                    [](const std::string& name) { return !name.empty(); }))
      from.fail("expected one output, as at inference, got those of training",
                "export it after model.eval()");
    const Vector<double> gamma = from.vector("gamma"), beta = from.vector("beta");
    BatchNorm<T> layer{gamma.size(),
                       {.momentum = from.real("BatchNormalization", "momentum", 0.9),
                        .epsilon = from.real("BatchNormalization", "epsilon", 1e-5)}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    net.add(Base::with_buffers(std::move(layer), from.vector("mean"), from.vector("variance")));
  }

  static void add_layer_norm(Net& net, const Vector<double>& gamma, const Vector<double>& beta,
                             double epsilon) {
    LayerNorm<T> layer{gamma.size(), {.epsilon = epsilon}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    net.add(std::move(layer));
  }
  static void layer_norm(Net& net, From from) {
    from.expect_axis_of_samples("LayerNormalization", -1);
    from.expect("LayerNormalization", "stash_type", 1, "export it in float32");
    const Vector<double> beta = from.has("beta") ? from.vector("beta") : from.constant(0);
    add_layer_norm(net, from.vector("gamma"), beta, from.real("LayerNormalization", "epsilon", 1e-5));
  }
  static void built_layer_norm(Net& net, From from) {
    from.expect_means_over_features();
    add_layer_norm(net, from.vector("gamma"), from.vector("beta"), from.scalar("epsilon"));
  }

  template <class L>
  static void over_features(Net& net, From from) {
    if (from.opset() >= 13) from.features();  // before, they work on all sizes from the axis on together
    from.expect_axis_of_samples(L::name, from.opset() < 13 ? 1 : -1);
    net.add(L{});
  }

  static void nothing(Net&, From) {}
  static void cast(Net&, From from) {
    const std::int64_t to = from.integer("Cast", "to", 0);
    if (to != 1 && to != 10 && to != 11)
      from.fail(concat("expected a cast to float32, float16 or float64, got type ", to),
                "end the network before it");
  }
  static void flatten(Net&, From from) {
    from.expect_axis_of_samples("Flatten", 1);
    from.reshape({0, -1}, true);
  }
  static void reshape(Net&, From from) {
    from.reshape(from.tensor("shape").values, from.integer("Reshape", "allowzero", 0) == 0);
  }
  /// PyTorch's `x.view(x.size(0), n)`: the first size is asked for, the other is a constant.
  static void view(Net&, From from) {
    const std::vector<double> axes = from.axes("Unsqueeze"), &sizes = from.tensor("sizes").values;
    const bool is_first = axes.size() == 1 && (axes[0] == 0 || axes[0] == -1) && from.scalar("index") == 0;
    if (!is_first || sizes.size() != 1)
      from.fail("expected a shape of the number of samples and one constant, got another",
                "write it as torch.flatten(x, 1)");
    for (const char* op : {"Gather", "Concat"}) from.expect(op, "axis", 0, "write it as torch.flatten(x, 1)");
    from.reshape({0, sizes[0]}, true);
  }
  static void dropout(Net& net, From from) {
    const double ratio = from.has("ratio") ? from.scalar("ratio") : from.real("Dropout", "ratio", 0.5);
    if (ratio != 0 && from.has("mode") && from.scalar("mode") != 0)
      from.fail("expected a network at inference, got one in training", "export it after model.eval()");
    net.add(Dropout<T>{{.keep = 1 - ratio}});
  }

  /// The forms that are read. Of those that end alike the longer one comes first.
  static std::vector<Row> rows();
};

template <std::floating_point T>
std::vector<typename OnnxForms<T>::Row> OnnxForms<T>::rows() {
  return {
      {"Gemm(x, weight, bias?)", gemm},
      {"Add(MatMul(x, weight), bias)", product_with_bias},
      {"MatMul(x, weight)", product},
      {"BatchNormalization(x, gamma, beta, mean, variance)", batch_norm},
      {"LayerNormalization(x, gamma, beta?)", layer_norm},
      {"Add(Mul(Div(Sub(x, ReduceMean(x, axes?)), Sqrt(Add(ReduceMean(Pow(Sub(x, ReduceMean(x, axes?)), 2), "
       "square_axes?), epsilon))), gamma), beta)",
       built_layer_norm},

      {"Relu(x)", Base::template plain<ReLU<T>>},
      {"LeakyRelu(x)", Base::leaky_relu},
      {"PRelu(x, slope)", Base::prelu},
      {"Elu(x)", Base::elu},
      {"Selu(x)", Base::selu},
      {"Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)", Base::template built_gelu<GELUForm::exact>},
      {"Mul(Mul(x, Add(Tanh(Mul(Add(x, Mul(Mul(x, Mul(x, x)), 0.044715)), 0.79788456)), 1)), 0.5)",
       Base::template built_gelu<GELUForm::tanh>},
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
      {"Softmax(x)", over_features<Softmax<T>>},
      {"LogSoftmax(x)", over_features<LogSoftmax<T>>},

      {"Identity(x)", nothing},
      {"Flatten(x)", flatten},
      {"Reshape(x, shape)", reshape},
      {"Reshape(x, Concat(Unsqueeze(Gather(Shape(x), index), axes?), sizes))", view},
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
}

}  // namespace descent::detail
