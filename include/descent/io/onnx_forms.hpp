#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"
#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/initializers/zeros.hpp"
#include "descent/io/onnx_numbers.hpp"
#include "descent/layers.hpp"
#include "descent/models/network.hpp"

namespace descent::detail {

/// Sets the buffers of a layer, in the order in which it names them.
template <class L, class... V>
L with_buffers(L layer, const V&... values) {
  using Values = Vector<typename L::Scalar>;
  std::vector<Values> all{values.template cast<typename L::Scalar>()...};
  std::size_t next = 0;
  visit_buffers<L>([&](const Buffer&, auto& leaf) { leaf = all.at(next++); }, layer);
  return layer;
}

/// Makes layers of ours from what stands in a file. Each adds to a network what one form means.
template <std::floating_point T>
struct OnnxForms {
  using Net = Network<T>;
  using From = const OnnxNumbers&;
  struct Row {
    std::string_view form;
    void (*add)(Net&, From);
  };

  static void dense(Net& net, From from, const Matrix<double>& weight, const Vector<double>* bias) {
    Rng unused{0};
    if (from.features() != weight.cols())
      from.fail(concat("expected ", from.features(), " features, got a matrix for ", weight.cols()),
                "its sizes do not fit the layer before it");
    Dense<T> layer{weight.cols(), weight.rows(), unused, Zeros{}, bias ? Bias::learnt : Bias::none};
    layer.weight = weight.template cast<T>();
    if (bias) layer.bias = bias->template cast<T>();
    net.add(std::move(layer));
  }
  static Matrix<double> gemm_weight(From from) {
    from.expect_zero("Gemm", "transA", "samples are rows, and their features columns");
    Matrix<double> w = from.matrix("weight");
    if (from.integer("Gemm", "transB", 0) == 0) w.transposeInPlace();
    return w * from.real("Gemm", "alpha", 1);
  }
  static void gemm(Net& net, From from) { dense(net, from, gemm_weight(from), nullptr); }
  static void gemm_with_bias(Net& net, From from) {
    const Matrix<double> weight = gemm_weight(from);
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
    from.expect_zero("BatchNormalization", "training_mode", "export it after model.eval()");
    const Vector<double> gamma = from.vector("gamma"), beta = from.vector("beta");
    BatchNorm<T> layer{gamma.size(),
                       {.momentum = from.real("BatchNormalization", "momentum", 0.9),
                        .epsilon = from.real("BatchNormalization", "epsilon", 1e-5)}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    net.add(with_buffers(std::move(layer), from.vector("mean"), from.vector("variance")));
  }

  static void add_layer_norm(Net& net, const Vector<double>& gamma, const Vector<double>& beta,
                             double epsilon) {
    LayerNorm<T> layer{gamma.size(), {.epsilon = epsilon}};
    layer.gamma = gamma.cast<T>();
    layer.beta = beta.cast<T>();
    net.add(std::move(layer));
  }
  static void layer_norm(Net& net, From from) {
    from.expect_axis_of_features("LayerNormalization", -1);
    add_layer_norm(net, from.vector("gamma"), from.vector("beta"),
                   from.real("LayerNormalization", "epsilon", 1e-5));
  }
  static void built_layer_norm(Net& net, From from) {
    from.expect_means_over_features();
    add_layer_norm(net, from.vector("gamma"), from.vector("beta"), from.scalar("epsilon"));
  }

  /// y = (x - mean) / deviation, which training leaves as it is.
  static void affine(Net& net, From from, const Vector<double>& mean, const Vector<double>& deviation) {
    if ((deviation.array() == 0).any() || !all_finite(deviation))
      from.fail("expected to multiply or divide by numbers other than 0",
                "export without folding batch normalisation into it");
    net.add(with_buffers(Standardize<T>{Matrix<T>::Zero(mean.size(), 1)}, mean, deviation));
  }
  static void sub_div(Net& net, From from) { affine(net, from, from.vector("a"), from.vector("b")); }
  static void sub_div_add(Net& net, From from) {
    const Vector<double> a = from.vector("a"), b = from.vector("b");
    if (!from.is_scalar("c")) return affine(net, from, a - from.vector("c").cwiseProduct(b), b);
    const double low = from.scalar("c");
    net.add(with_buffers(MinMax<T>{Matrix<T>::Zero(a.size(), 1), {.low = low, .high = low + 1}}, a, b));
  }
  static void mul_add(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, -from.vector("b").cwiseQuotient(a), a.cwiseInverse());
  }
  static void mul(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, 0 * a, a.cwiseInverse());
  }
  static void div(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, 0 * a, a);
  }
  static void add(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, -a, Vector<double>::Ones(a.size()));
  }
  static void sub(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, a, Vector<double>::Ones(a.size()));
  }

  template <class L>
  static void plain(Net& net, From) {
    net.add(L{});
  }
  static void leaky_relu(Net& net, From from) {
    net.add(LeakyReLU<T>{{.slope = from.real("LeakyRelu", "alpha", 0.01)}});
  }
  static void prelu(Net& net, From from) {
    const Vector<double> slope =
        from.is_scalar("slope") ? Vector<double>::Constant(1, from.scalar("slope")) : from.vector("slope");
    PReLU<T> layer{slope.size()};
    layer.slope = slope.cast<T>();
    net.add(std::move(layer));
  }
  static void elu(Net& net, From from) { net.add(ELU<T>{{.alpha = from.real("Elu", "alpha", 1)}}); }
  static void selu(Net& net, From from) {
    if (std::abs(from.real("Selu", "alpha", SELU<T>::alpha) - SELU<T>::alpha) > 1e-5 ||
        std::abs(from.real("Selu", "gamma", SELU<T>::scale) - SELU<T>::scale) > 1e-5)
      from.fail("expected the alpha and gamma of the paper, got others", "SELU has no options here");
    net.add(SELU<T>{});
  }
  template <GELUForm form>
  static void gelu(Net& net, From) {
    net.add(GELU<T>{form});
  }
  static void hard_sigmoid(Net& net, From from) {
    if (from.real("HardSigmoid", "beta", 0.5) != 0.5)
      from.fail("expected beta = 0.5, got another", "HardSigmoid has a slope as its only option here");
    net.add(HardSigmoid<T>{{.slope = from.real("HardSigmoid", "alpha", 0.2)}});
  }
  static void hard_swish(Net& net, From from) {
    if (std::abs(from.real("HardSigmoid", "alpha", 0.2) - 1.0 / 6) > 1e-6 ||
        from.real("HardSigmoid", "beta", 0.5) != 0.5)
      from.fail("expected alpha = 1/6 and beta = 0.5, got others", "HardSwish has no options here");
    net.add(HardSwish<T>{});
  }
  static void clip(Net& net, From from) {
    const double low = from.scalar("low"), high = from.scalar("high");
    if (low == 0 && high == 6) return net.add(ReLU6<T>{}), void();
    if (low == -1 && high == 1) return net.add(HardTanh<T>{}), void();
    from.fail(concat("expected to clip to [0, 6] or [-1, 1], got [", low, ", ", high, ']'),
              "these are ReLU6 and HardTanh; others have no layer here");
  }
  template <class L>
  static void over_features(Net& net, From from) {
    from.expect_axis_of_features(L::name, -1);
    net.add(L{});
  }

  static void nothing(Net&, From) {}
  static void flatten(Net&, From from) { from.expect_axis_of_features("Flatten", 1); }
  static void reshape(Net&, From from) {
    const std::vector<double>& to = from.tensor("shape").values;
    if (to.size() != 2 || (to[0] != -1 && to[0] != 0) ||
        (to[1] != -1 && to[1] != static_cast<double>(from.features())))
      from.fail("expected to keep samples in rows, each with its features", "only flat features are read");
  }
  static void add_dropout(Net& net, double ratio) { net.add(Dropout<T>{{.keep = 1 - ratio}}); }
  static void dropout(Net& net, From from) { add_dropout(net, from.real("Dropout", "ratio", 0.5)); }
  static void dropout_ratio(Net& net, From from) { add_dropout(net, from.scalar("ratio")); }

  static void expect_inference(From from) {
    if (from.scalar("mode") != 0)
      from.fail("expected a network at inference, got one in training", "export it after model.eval()");
  }
  static void dropout_mode(Net& net, From from) {
    expect_inference(from);
    dropout(net, from);
  }
  static void dropout_ratio_mode(Net& net, From from) {
    expect_inference(from);
    dropout_ratio(net, from);
  }

  /// What is read. Of forms that end alike the longer one stands first.
  static std::vector<Row> rows();
};

template <std::floating_point T>
std::vector<typename OnnxForms<T>::Row> OnnxForms<T>::rows() {
  return {
      {"Gemm(x, weight, bias)", gemm_with_bias},
      {"Gemm(x, weight)", gemm},
      {"Add(MatMul(x, weight), bias)", product_with_bias},
      {"MatMul(x, weight)", product},
      {"BatchNormalization(x, gamma, beta, mean, variance)", batch_norm},
      {"LayerNormalization(x, gamma, beta)", layer_norm},
      {"Add(Mul(Div(Sub(x, ReduceMean(x)), Sqrt(Add(ReduceMean(Pow(Sub(x, ReduceMean(x)), 2)), epsilon))), "
       "gamma), beta)",
       built_layer_norm},

      {"Relu(x)", plain<ReLU<T>>},
      {"LeakyRelu(x)", leaky_relu},
      {"PRelu(x, slope)", prelu},
      {"Elu(x)", elu},
      {"Selu(x)", selu},
      {"Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)", gelu<GELUForm::exact>},
      {"Mul(Mul(x, Add(Tanh(Mul(Add(x, Mul(Mul(x, Mul(x, x)), 0.044715)), 0.79788456)), 1)), 0.5)",
       gelu<GELUForm::tanh>},
      {"Mul(x, Sigmoid(x))", plain<SiLU<T>>},
      {"Mul(x, Tanh(Softplus(x)))", plain<Mish<T>>},
      {"Mish(x)", plain<Mish<T>>},
      {"Softplus(x)", plain<Softplus<T>>},
      {"Softsign(x)", plain<Softsign<T>>},
      {"Div(x, Add(Abs(x), 1))", plain<Softsign<T>>},
      {"Sigmoid(x)", plain<Sigmoid<T>>},
      {"Tanh(x)", plain<Tanh<T>>},
      {"HardSigmoid(x)", hard_sigmoid},
      {"HardSwish(x)", plain<HardSwish<T>>},
      {"Mul(x, HardSigmoid(x))", hard_swish},
      {"Clip(x, low, high)", clip},
      {"Softmax(x)", over_features<Softmax<T>>},
      {"LogSoftmax(x)", over_features<LogSoftmax<T>>},

      {"Identity(x)", nothing},
      {"Flatten(x)", flatten},
      {"Reshape(x, shape)", reshape},
      {"Dropout(x)", dropout},
      {"Dropout(x, ratio)", dropout_ratio},
      {"Dropout(x, _, mode)", dropout_mode},
      {"Dropout(x, ratio, mode)", dropout_ratio_mode},

      {"Add(Div(Sub(x, a), b), c)", sub_div_add},
      {"Div(Sub(x, a), b)", sub_div},
      {"Add(Mul(x, a), b)", mul_add},
      {"Mul(x, a)", mul},
      {"Div(x, a)", div},
      {"Add(x, a)", add},
      {"Sub(x, a)", sub},
  };
}

}  // namespace descent::detail
