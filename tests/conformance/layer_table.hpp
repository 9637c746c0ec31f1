#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/table.hpp"

namespace conformance {

/// What one pass forward and backward gives: y, dx and all parameters of the gradient, one after another.
struct PassResult {
  Matrix<double> y, dx;
  std::vector<double> gradient;
  friend bool operator==(const PassResult&, const PassResult&) = default;
};

template <class M>
PassResult run_pass(const M& model, const Matrix<double>& x, const Matrix<double>& dy) {
  typename M::Cache cache;
  M slopes = zeros_like(model);
  PassResult result;
  result.y = model.forward(x, cache, Pass::training({.seed = 5}));
  result.dx = model.backward(x, dy, cache, slopes, Pass::training({.seed = 5}));
  M::visit(
      [&](const Parameter&, const auto& s) {
        result.gradient.insert(result.gradient.end(), s.data(), s.data() + s.size());
      },
      slopes);
  return result;
}

/// A layer for a sample of `shape`, given as a function that makes it in the precision of its first argument.
/// It is held type-erased, because the compiler then builds the tests once and not for every layer; only
/// `in_sequential` knows the type.
struct LayerRow {
  using Chain = PassResult(const Dense<double>& before, const Dense<double>& after, const Matrix<double>& x,
                           const Matrix<double>& dy);
  std::string name;
  Shape shape;
  std::function<AnyLayer<double>(Rng&)> make;
  std::function<AnyLayer<float>(Rng&)> make_float;
  std::function<Chain> in_sequential;
  bool is_in_onnx = true;

  template <class Make>
  LayerRow(std::string row_name, Shape sample, Make row_make)
      : name{std::move(row_name)},
        shape{sample},
        make{[=](Rng& rng) -> AnyLayer<double> { return row_make(double{}, rng); }},
        make_float{[=](Rng& rng) -> AnyLayer<float> { return row_make(float{}, rng); }},
        in_sequential{[=](const auto& before, const auto& after, const auto& x, const auto& dy) {
          Rng rng{7};
          return run_pass(Sequential{before, row_make(double{}, rng), after}, x, dy);
        }} {}

  /// The row of a layer that ONNX has no counterpart for.
  LayerRow without_onnx() const {
    LayerRow row = *this;
    row.is_in_onnx = false;
    return row;
  }
};

/// Inputs to learn a normalisation from.
template <class T>
Matrix<T> some_inputs(Rng& rng) {
  Matrix<T> x(5, 9);
  for (T& v : x.reshaped()) v = T(3 + 2 * rng.normal());
  return x;
}

inline const std::vector<LayerRow> layers{
    LayerRow{"Dense",
             {5},
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng};
             }},
    LayerRow{"Dense without bias",
             {5},
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng, Bias::none};
             }},
    LayerRow{"ReLU", {5}, []<class T>(T, Rng&) { return ReLU<T>{}; }},
    LayerRow{"Sigmoid", {5}, []<class T>(T, Rng&) { return Sigmoid<T>{}; }},
    LayerRow{"Tanh", {5}, []<class T>(T, Rng&) { return Tanh<T>{}; }},
    LayerRow{"Identity", {5}, []<class T>(T, Rng&) { return Identity<T>{}; }},
    LayerRow{"LeakyReLU", {5}, []<class T>(T, Rng&) { return LeakyReLU<T>{{.slope = 0.2}}; }},
    LayerRow{"PReLU", {5}, []<class T>(T, Rng&) { return PReLU<T>{5}; }},
    LayerRow{"PReLU with one slope", {5}, []<class T>(T, Rng&) { return PReLU<T>{}; }},
    LayerRow{"ReLU6", {5}, []<class T>(T, Rng&) { return ReLU6<T>{}; }},
    LayerRow{"ELU", {5}, []<class T>(T, Rng&) { return ELU<T>{{.alpha = 0.7}}; }},
    LayerRow{"SELU", {5}, []<class T>(T, Rng&) { return SELU<T>{}; }},
    LayerRow{"GELU", {5}, []<class T>(T, Rng&) { return GELU<T>{}; }},
    LayerRow{"GELU by tanh", {5}, []<class T>(T, Rng&) { return GELU<T>{GELUForm::tanh}; }},
    LayerRow{"SiLU", {5}, []<class T>(T, Rng&) { return SiLU<T>{}; }},
    LayerRow{"Mish", {5}, []<class T>(T, Rng&) { return Mish<T>{}; }},
    LayerRow{"Softplus", {5}, []<class T>(T, Rng&) { return Softplus<T>{}; }},
    LayerRow{"Softsign", {5}, []<class T>(T, Rng&) { return Softsign<T>{}; }},
    LayerRow{"HardSigmoid", {5}, []<class T>(T, Rng&) { return HardSigmoid<T>{}; }},
    LayerRow{"HardTanh", {5}, []<class T>(T, Rng&) { return HardTanh<T>{}; }},
    LayerRow{"HardSwish", {5}, []<class T>(T, Rng&) { return HardSwish<T>{}; }},
    LayerRow{"Softmax", {5}, []<class T>(T, Rng&) { return Softmax<T>{}; }},
    LayerRow{"LogSoftmax", {5}, []<class T>(T, Rng&) { return LogSoftmax<T>{}; }},
    LayerRow{"Elementwise",
             {5},
             []<class T>(T, Rng&) { return elementwise<T>([](auto x) { return x * x / (1 + x * x); }); }}
        .without_onnx(),
    LayerRow{"BatchNorm", {5}, []<class T>(T, Rng&) { return BatchNorm<T>{5}; }},
    LayerRow{"Standardize", {5}, []<class T>(T, Rng& rng) { return Standardize<T>{some_inputs<T>(rng)}; }},
    LayerRow{"MinMax", {5}, []<class T>(T, Rng& rng) { return MinMax<T>{some_inputs<T>(rng)}; }},
    LayerRow{"LayerNorm", {5}, []<class T>(T, Rng&) { return LayerNorm<T>{5}; }},
    LayerRow{"Dropout", {5}, []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7}}; }},
    LayerRow{"GaussianNoise", {5}, []<class T>(T, Rng&) { return GaussianNoise<T>{{.deviation = 0.5}}; }},
    LayerRow{"GaussianDropout", {5}, []<class T>(T, Rng&) { return GaussianDropout<T>{{.keep = 0.8}}; }},
    LayerRow{
        "Residual",
        {5},
        []<class T>(T, Rng& rng) {
          return Residual{Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 5, rng}}};
        }},
    LayerRow{"Concat",
             {5},
             []<class T>(T, Rng& rng) {
               return Concat{Dense<T>{5, 4, rng}, Identity<T>{}, Sequential{Dense<T>{5, 2, rng}, Tanh<T>{}}};
             }},
    LayerRow{"Sequential",
             {5},
             []<class T>(T, Rng& rng) {
               return Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"Network",
             {5},
             []<class T>(T, Rng& rng) {
               return Network{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
};

/// Calls f(row) for each row of the table.
void for_each(const std::vector<LayerRow>& table, auto&& f) {
  for (const LayerRow& row : table) f(row);
}

}  // namespace conformance
