#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/table.hpp"

namespace conformance {

/// The results of a forward and a backward pass: y, dx and the parameters of the gradient as one list.
struct PassResult {
  Matrix<double> y, dx;
  std::vector<double> gradient;
  friend bool operator==(const PassResult&, const PassResult&) = default;
};

template <class M>
PassResult run_pass(const M& model, const Batch<double>& x, const Batch<double>& dy,
                    Workers& workers = single_thread) {
  typename M::Cache cache;
  M slopes = zeros_like(model);
  PassResult result;
  const Pass pass = Pass::training({.seed = 5, .workers = &workers});
  result.y = model.forward(x, cache, pass);
  result.dx = model.backward(x, dy, cache, slopes, pass);
  M::visit(
      [&](const Parameter&, const auto& s) {
        result.gradient.insert(result.gradient.end(), s.data(), s.data() + s.size());
      },
      slopes);
  return result;
}

/// A layer for samples of `shape`, given as a function that makes it in the precision of its first argument. The
/// layer is type-erased, so that the tests are compiled once and not for every layer; only `in_sequential` knows the
/// type.
struct LayerRow {
  using Chain = PassResult(const Shape& sample, const Dense<double>& before, const Dense<double>& after,
                           const Batch<double>& x, const Batch<double>& dy);
  std::string name;
  std::vector<Shape> shapes;
  std::function<AnyLayer<double>(Rng&)> make;
  std::function<AnyLayer<float>(Rng&)> make_float;
  std::function<Chain> in_sequential;
  std::string not_in_files;  // the reason why no file can hold the layer; empty if one can
  Shape shape = {0};         // of the samples in the current test, one of `shapes`

  template <class Make>
  LayerRow(std::string row_name, std::vector<Shape> samples, Make row_make, std::string why_not_in_files = {})
      : name{std::move(row_name)},
        shapes{std::move(samples)},
        make{[=](Rng& rng) -> AnyLayer<double> { return row_make(double{}, rng); }},
        make_float{[=](Rng& rng) -> AnyLayer<float> { return row_make(float{}, rng); }},
        in_sequential{[=](const Shape& sample, const auto& before, const auto& after, const auto& x,
                          const auto& dy) {
          Rng rng{7};
          return run_pass(
              Sequential{before, Reshape<double>{sample}, row_make(double{}, rng), Flatten<double>{}, after},
              x, dy);
        }},
        not_in_files{std::move(why_not_in_files)} {}
};

/// The shapes that a layer of 5 features or channels takes: plain samples, images and sequences.
inline const std::vector<Shape> any_shape{{5}, {5, 2, 3}, {5, 1, 4}};

/// Inputs whose statistics a layer learns.
template <class T>
Matrix<T> some_inputs(Rng& rng) {
  Matrix<T> x(5, 9);
  for (T& v : x.reshaped()) v = T(3 + 2 * rng.normal());
  return x;
}

inline const std::vector<LayerRow> layers{
    LayerRow{"Dense", any_shape,
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng};
             }},
    LayerRow{"Dense without bias", any_shape,
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng, Bias::none};
             }},
    LayerRow{"ReLU", any_shape, []<class T>(T, Rng&) { return ReLU<T>{}; }},
    LayerRow{"Sigmoid", any_shape, []<class T>(T, Rng&) { return Sigmoid<T>{}; }},
    LayerRow{"Tanh", any_shape, []<class T>(T, Rng&) { return Tanh<T>{}; }},
    LayerRow{"Identity", any_shape, []<class T>(T, Rng&) { return Identity<T>{}; }},
    LayerRow{"Flatten", {{5}, {5, 2, 3}}, []<class T>(T, Rng&) { return Flatten<T>{}; }},
    LayerRow{"Reshape",
             {{10}, {5, 1, 2}},
             []<class T>(T, Rng&) { return Reshape<T>{{.channels = 2, .width = 5}}; }},
    LayerRow{"LeakyReLU", any_shape, []<class T>(T, Rng&) { return LeakyReLU<T>{{.slope = 0.2}}; }},
    LayerRow{"PReLU", any_shape, []<class T>(T, Rng&) { return PReLU<T>{5}; }},
    LayerRow{"PReLU with one slope", any_shape,
             []<class T>(T, Rng&) {
               return PReLU<T>{1, {.slope = 0.3}};
             }},
    LayerRow{"ReLU6", any_shape, []<class T>(T, Rng&) { return ReLU6<T>{}; }},
    LayerRow{"ELU", any_shape, []<class T>(T, Rng&) { return ELU<T>{{.alpha = 0.7}}; }},
    LayerRow{"SELU", any_shape, []<class T>(T, Rng&) { return SELU<T>{}; }},
    LayerRow{"GELU", any_shape, []<class T>(T, Rng&) { return GELU<T>{}; }},
    LayerRow{"GELU by tanh", any_shape, []<class T>(T, Rng&) { return GELU<T>{GELUForm::tanh}; }},
    LayerRow{"SiLU", any_shape, []<class T>(T, Rng&) { return SiLU<T>{}; }},
    LayerRow{"Mish", any_shape, []<class T>(T, Rng&) { return Mish<T>{}; }},
    LayerRow{"Softplus", any_shape, []<class T>(T, Rng&) { return Softplus<T>{}; }},
    LayerRow{"Softsign", any_shape, []<class T>(T, Rng&) { return Softsign<T>{}; }},
    LayerRow{"HardSigmoid", any_shape, []<class T>(T, Rng&) { return HardSigmoid<T>{{.slope = 0.2}}; }},
    LayerRow{"HardTanh", any_shape, []<class T>(T, Rng&) { return HardTanh<T>{}; }},
    LayerRow{"HardSwish", any_shape, []<class T>(T, Rng&) { return HardSwish<T>{}; }},
    LayerRow{"Softmax", any_shape, []<class T>(T, Rng&) { return Softmax<T>{}; }},
    LayerRow{"LogSoftmax", any_shape, []<class T>(T, Rng&) { return LogSoftmax<T>{}; }},
    LayerRow{"Elementwise", any_shape,
             []<class T>(T, Rng&) { return elementwise<T>([](auto x) { return x * x / (1 + x * x); }); },
             "its formula"},
    LayerRow{"Dense on whole images",
             {{15}, {5, 1, 3}},
             []<class T>(T, Rng& rng) {
               return Dense<T>{15, 4, rng};
             }},
    LayerRow{"BatchNorm of each value", {{10}, {5, 2, 1}}, []<class T>(T, Rng&) { return BatchNorm<T>{10}; }},
    LayerRow{
        "LayerNorm of whole images", {{10}, {5, 2, 1}}, []<class T>(T, Rng&) { return LayerNorm<T>{10}; }},
    LayerRow{"BatchNorm", any_shape, []<class T>(T, Rng&) { return BatchNorm<T>{5}; }},
    LayerRow{
        "BatchNorm with options", any_shape,
        []<class T>(T, Rng&) {
          return BatchNorm<T>{5, {.momentum = 0.8, .epsilon = 1e-3, .running_variance = Variance::unbiased}};
        }},
    LayerRow{"Standardize", any_shape,
             []<class T>(T, Rng& rng) { return Standardize<T>{some_inputs<T>(rng)}; }},
    LayerRow{"MinMax", any_shape,
             []<class T>(T, Rng& rng) {
               return MinMax<T>{some_inputs<T>(rng), {.low = -1}};
             }},
    LayerRow{"LayerNorm", any_shape,
             []<class T>(T, Rng&) {
               return LayerNorm<T>{5, {.epsilon = 1e-4}};
             }},
    LayerRow{"Dropout of whole channels", any_shape,
             []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7, .whole_channels = true}}; }},
    LayerRow{"Dropout", any_shape, []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7}}; }},
    LayerRow{"GaussianNoise", any_shape,
             []<class T>(T, Rng&) { return GaussianNoise<T>{{.deviation = 0.5}}; }},
    LayerRow{"GaussianDropout", any_shape,
             []<class T>(T, Rng&) { return GaussianDropout<T>{{.keep = 0.8}}; }},
    LayerRow{
        "Residual", any_shape,
        []<class T>(T, Rng& rng) {
          return Residual{Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 5, rng}}};
        }},
    LayerRow{"Concat", any_shape,
             []<class T>(T, Rng& rng) {
               return Concat{Dense<T>{5, 4, rng}, Identity<T>{}, Sequential{Dense<T>{5, 2, rng}, Tanh<T>{}}};
             }},
    LayerRow{"Sequential", any_shape,
             []<class T>(T, Rng& rng) {
               return Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"DynamicSequential", any_shape,
             []<class T>(T, Rng& rng) {
               return DynamicSequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
};

/// Calls f(row) for each row of the table, with each of the shapes.
void for_each(const std::vector<LayerRow>& table, auto&& f) {
  for (LayerRow row : table) {
    const std::string name = row.name;
    for (const Shape& shape : row.shapes) {
      row.shape = shape;
      row.name = detail::joined(name, " on ", shape.channels, " x ", shape.height, " x ", shape.width);
      f(row);
    }
  }
}

}  // namespace conformance
