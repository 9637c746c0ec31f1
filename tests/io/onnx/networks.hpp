#pragma once

// Networks that the tests save as .onnx: one of each layer in the conformance table, and some of several layers.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "conformance/layer_table.hpp"
#include "descent/autodiff.hpp"
#include "descent/io/onnx/layer.hpp"

namespace onnx_networks {

using namespace descent;

/// A network and the shape of its samples.
struct Written {
  std::string name;
  DynamicSequential<> net;
  Shape shape;
};

/// Random inputs on both sides of every kink of an activation.
inline Matrix<> samples(const Shape& shape, Index count) {
  Rng rng{7};
  Matrix<> x(shape.size(), count);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<float>(4 * rng.normal());
  return x;
}

/// The samples in the order of ONNX, where the width varies fastest and the channels slowest.
inline Matrix<> in_onnx_order(const Matrix<>& x, const Shape& shape) {
  Matrix<> rows(x.rows(), x.cols());
  for (Index c = 0; c < shape.channels; ++c)
    for (Index position = 0; position < shape.positions(); ++position)
      rows.row(c * shape.positions() + position) = x.row(position * shape.channels + c);
  return rows;
}

/// A copy of the network with random parameters and state; the state stays positive, since layers divide by it.
inline DynamicSequential<> with_random_numbers(DynamicSequential<> net, std::uint64_t seed = 1) {
  Rng rng{seed};
  DynamicSequential<>::visit(
      [&](const Parameter&, auto&& leaf) {
        for (Index i = 0; i < leaf.size(); ++i) leaf.data()[i] = static_cast<float>(0.3 * rng.normal());
      },
      net);
  DynamicSequential<>::visit_state(
      [&](const Parameter&, auto&& leaf) {
        for (Index i = 0; i < leaf.size(); ++i) leaf.data()[i] = static_cast<float>(0.5 + rng.uniform());
      },
      net);
  return net;
}

/// A network of each layer in the conformance table that has a counterpart in ONNX, for the shape of its row, or of each
/// that is written as a formula: ONNX has its operations, from which it is not read back. A layer of plain features is
/// also used for an image and a sequence of the same size if it takes them, except in compositions.
inline std::vector<Written> of_each_layer(bool as_formula = false) {
  std::vector<Written> all;
  conformance::for_each(conformance::layers, [&](const conformance::LayerRow& row) {
    Rng one{7};
    if (as_formula ? describe(row.make_float(one)).formula == nullptr : !row.not_in_files.empty()) return;
    const auto add = [&](std::string name, const Shape& shape) {
      Rng rng{7};
      DynamicSequential<> net;
      net.add(row.make_float(rng));
      std::replace(name.begin(), name.end(), ' ', '_');
      all.push_back({std::move(name), with_random_numbers(std::move(net)), shape});
    };
    add(row.name, row.shape);
    const bool is_composed =
        row.name.starts_with("Residual") || row.name.starts_with("Concat") || row.name.starts_with("Formula");
    if (row.shape.positions() > 1 || is_composed) return;
    const auto add_if_taken = [&](const std::string& name, const Shape& shape) {
      try {
        Rng rng{7};
        row.make_float(rng).output_shape(shape);
      } catch (const ShapeError&) {
        return;  // attention and recurrent layers need their channels
      }
      add(name, shape);
    };
    add_if_taken(row.name + " as image", {1, row.shape.channels, 1});
    add_if_taken(row.name + " as sequence", {1, 1, row.shape.channels});
  });
  return all;
}

/// A layer of a formula with parameters, layers, and a table.
struct Mixed : Formula<Mixed> {
  using Encoder = Sequential<Dense<>, BatchNorm<>, Tanh<>>;

  static constexpr std::string_view name = "Mixed";
  explicit Mixed(Rng& rng)
      : encoder{Dense{4, 5, rng}, BatchNorm{5}, Tanh{}},
        weight{Matrix<>::Random(3, 6)},
        table{Matrix<>::Random(3, 4)},
        bias{Vector<>::Random(3)},
        factor{Vector<>::Random(1)} {}
  static void visit(auto&& f, auto&... tree) {
    Encoder::visit(under("encoder", f), tree.encoder...);
    f(Parameter{"weight", Role::weight}, tree.weight...);
    f(Parameter{"table", Role::weight}, tree.table...);
    f(Parameter{"bias", Role::bias}, tree.bias...);
    f(Parameter{"factor", Role::scale}, tree.factor...);
  }
  static void visit_state(auto&& f, auto&... tree) {
    descent::visit_state<Encoder>(under("encoder", f), tree.encoder...);
  }
  Variable<> formula(Variable<> x, const Pass& pass) const {
    Graph<>& g = x.graph();
    const auto left = apply(encoder, rows(x, 0, 4), pass), right = apply(encoder, rows(x, 2, 4), pass);
    const auto row =
        sum(clamp(abs(rows(x, 1)), 0, 3.4) * 0, Over::features) + 2;  // the number 2 for each sample
    const auto table_row = gather(table, row), picked = pick(left, row);
    const auto affine_map = affine(weight, x, bias), product = g.parameter(weight) * x;
    return stack(affine_map - product, table_row * 2, factor * stack(left, right), picked);
  }
  Encoder encoder;
  Matrix<> weight, table;
  Vector<> bias, factor;
};

/// Layers that are written as formulas, which use every operation that has a counterpart in ONNX.
inline std::vector<Written> formulas() {
  std::vector<Written> all = of_each_layer(true);
  const auto add = [&](std::string name, const Shape& shape, auto... layers) {
    all.push_back({std::move(name), with_random_numbers(DynamicSequential<>{layers...}), shape});
  };
  Rng rng{2};
  const Shape photo{3, 2, 4};
  add("formula_mixed", {6}, Tanh{}, Mixed{rng});
  for (const Shape& shape : {Shape{6}, photo}) {
    const std::string kind = shape == photo ? "_image" : "";
    add("formula_arithmetic" + kind, shape, lambda([](auto x) {
          return (2 * x + 1 - cwise_product(x, x) / 4) / (x / 3 + 7) - 3 / (5 + square(x)) - x;
        }));
    add("formula_functions" + kind, shape, lambda([](auto x) {
          const auto positive = square(x) + 0.5;
          return exp(-positive) + log(positive) + sqrt(positive) + abs(x) + sin(x) + cos(x) + erf(x) +
                 log1p(positive) + pow(positive, 1.5) + clamp(x, -0.5, 2);
        }));
    add("formula_activations" + kind, shape, lambda([](auto x) {
          return relu(x) + leaky_relu(x, 0.1) + relu6(x) + elu(x) + selu(x) + gelu(x) + silu(x) + mish(x) +
                 sigmoid(x) + tanh(x) + softplus(x) + softsign(x) + hard_sigmoid(x) + hard_tanh(x) +
                 hard_swish(x) + softmax(x) + log_softmax(x);
        }));
    add("formula_constants" + kind, shape, lambda([](auto x) {
          const Vector<> column = Vector<>::LinSpaced(x.rows(), -1, 1);
          return max(x, 0.5) - min(x, x.graph().constant(column)) + stop_gradient(x);
        }));
    add("formula_reductions" + kind, shape, lambda([](auto x) {
          const auto row = sum(x, Over::features) + mean(x, Over::features) + norm(x, Over::features) -
                           max(x, Over::features) + min(x, Over::features) + log_sum_exp(x) +
                           dot(x, tanh(x), Over::features) - squared_norm(x, Over::features) / 9;
          return stack(row, cwise_product(reshape(x, Shape{x.rows()}), row / 99), rows(x, 2, 3)) / 9;
        }));
  }
  return all;
}

/// Networks of several layers, with options other than those of the table.
inline std::vector<Written> whole() {
  Rng rng{1};
  std::vector<Written> all;
  const auto add = [&](std::string name, const Shape& shape, auto... layers) {
    all.push_back({std::move(name), with_random_numbers(DynamicSequential<>{layers...}), shape});
  };
  const Matrix<> six = samples({6}, 9), image = samples({3, 2, 4}, 9);
  add("classifier", {6}, Standardize{six}, Dense{6, 16, rng, Bias::none}, BatchNorm{16}, ReLU{}, Dropout{},
      Dense{16, 12, rng}, BatchNorm{12}, ReLU{}, Dense{12, 3, rng});
  add("residuals", {6}, MinMax{six}, Dense{6, 8, rng},
      Residual{DynamicSequential{LayerNorm{8}, Dense{8, 8, rng}, GELU{}, Dense{8, 8, rng}}},
      Residual{
          DynamicSequential{BatchNorm{8}, Residual{DynamicSequential{ReLU{}, Dense{8, 8, rng}}}, SiLU{}}},
      Dense{8, 2, rng});
  add("branches", {6}, Dense{6, 8, rng},
      Concat{DynamicSequential{Dense{8, 3, rng}, BatchNorm{3}, Mish{}}, Residual{Dense{8, 8, rng}},
             Concat{Identity{}, Tanh{}}},
      LayerNorm{27}, PReLU{27}, Dense{27, 2, rng}, Sigmoid{});
  add("options", {6}, MinMax{six, {.low = -1, .high = 2}}, BatchNorm{6, {.momentum = 0.8, .epsilon = 1e-3}},
      LayerNorm{6, {.epsilon = 1e-3}}, HardSigmoid{{.slope = 0.2}},
      DynamicSequential{ReLU{}, DynamicSequential{Tanh{}}});
  add("noise", {6}, Dropout{}, Sigmoid{}, GaussianDropout{}, GaussianNoise{});

  const Shape photo{3, 2, 4};
  add("image_classifier", photo, Dense{3, 4, rng, Bias::none}, BatchNorm{4}, ReLU{}, Dense{4, 2, rng},
      BatchNorm{2}, Flatten{}, Dense{16, 5, rng}, Softmax{});
  add("image_to_plain", photo, ReLU{}, Flatten{});
  add("image_without_flatten", photo, Tanh{}, Dense{24, 2, rng});
  add("plain_to_image", {6}, Dense{6, 24, rng}, Reshape{photo}, PReLU{3}, Dense{3, 2, rng});
  add("gray_image", {24}, Reshape{{1, 4, 6}}, BatchNorm{1}, Reshape{{4, 2, 3}}, Softmax{},
      Reshape{{2, 1, 12}});
  add("each_value", photo, Standardize{image}, BatchNorm{24}, LayerNorm{24}, PReLU{24}, MinMax{image});
  add("image_branches", photo,
      Concat{DynamicSequential{Dense{3, 4, rng}, LayerNorm{4}},
             Residual{DynamicSequential{BatchNorm{3}, Dense{3, 3, rng}}}, Identity{}},
      Residual{DynamicSequential{Flatten{}, Dense{80, 80, rng}, Reshape{{10, 2, 4}}}}, LogSoftmax{});
  add("sequence", {3, 1, 5}, LayerNorm{3}, Dense{3, 4, rng}, GELU{}, BatchNorm{4},
      Concat{Dense{4, 1, rng}, Tanh{}}, Flatten{}, Dense{25, 2, rng});
  return all;
}

}  // namespace onnx_networks
