#pragma once

// What is written as .onnx in tests: a network for each layer, and some whole ones.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/visit.hpp"
#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/layers.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/network.hpp"
#include "descent/models/residual.hpp"

namespace onnx_networks {

using namespace descent;

constexpr Index features = 6;

/// Inputs on both sides of every corner that an activation has.
inline Matrix<> samples(Index count) {
  Rng rng{7};
  Matrix<> x(features, count);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<float>(4 * rng.normal());
  return x;
}

/// The same network with numbers in it that no layer starts from; those that are divided by stay positive.
inline Network<> with_random_numbers(Network<> net, std::uint64_t seed = 1) {
  Rng rng{seed};
  Network<>::visit(
      [&](const Parameter&, auto&& leaf) {
        for (Index i = 0; i < leaf.size(); ++i) leaf.data()[i] = static_cast<float>(0.3 * rng.normal());
      },
      net);
  Network<>::visit_state(
      [&](const Parameter&, auto&& leaf) {
        for (Index i = 0; i < leaf.size(); ++i) leaf.data()[i] = static_cast<float>(0.5 + rng.uniform());
      },
      net);
  return net;
}

/// Every layer with a counterpart in ONNX, by its name.
inline std::vector<std::pair<std::string, Network<>>> of_each_layer() {
  Rng rng{1};
  std::vector<std::pair<std::string, Network<>>> all;
  const auto add = [&](std::string name, auto... layers) {
    all.emplace_back(std::move(name), with_random_numbers(Network<>{layers...}));
  };
  add("dense", Dense{features, 4, rng});
  add("dense_without_bias", Dense{features, 4, rng, Bias::none});
  add("batch_norm", BatchNorm{features, {.momentum = 0.8, .epsilon = 1e-3}});
  add("dense_batch_norm", Dense{features, 4, rng}, BatchNorm{4});
  add("dense_without_bias_batch_norm", Dense{features, 4, rng, Bias::none}, BatchNorm{4}, ReLU{});
  add("layer_norm", LayerNorm{features, {.epsilon = 1e-3}});
  add("standardize", Standardize{samples(9)});
  add("min_max", MinMax{samples(9), {.low = -1, .high = 2}});
  add("identity", Identity{});
  add("dropout", Dropout{}, Sigmoid{}, GaussianDropout{}, GaussianNoise{});
  add("relu", ReLU{});
  add("relu6", ReLU6{});
  add("leaky_relu", LeakyReLU{{.slope = 0.2}});
  add("prelu", PReLU{features});
  add("prelu_shared", PReLU{});
  add("elu", ELU{{.alpha = 0.7}});
  add("selu", SELU{});
  add("gelu", GELU{});
  add("gelu_tanh", GELU{GELUForm::tanh});
  add("silu", SiLU{});
  add("mish", Mish{});
  add("softplus", Softplus{});
  add("softsign", Softsign{});
  add("hard_sigmoid", HardSigmoid{{.slope = 0.2}});
  add("hard_tanh", HardTanh{});
  add("hard_swish", HardSwish{});
  add("sigmoid", Sigmoid{});
  add("tanh", Tanh{});
  add("softmax", Softmax{});
  add("log_softmax", LogSoftmax{});
  add("network", Network{ReLU{}, Network{Tanh{}}}, Sigmoid{});
  add("residual", Residual{Network{Dense{features, features, rng}, Tanh{}}}, ReLU{});
  add("concat", Concat{Dense{features, 3, rng}, Network{Tanh{}, ReLU{}}, Identity{}});
  return all;
}

inline std::vector<std::pair<std::string, Network<>>> whole() {
  Rng rng{1};
  std::vector<std::pair<std::string, Network<>>> all;
  const auto add = [&](std::string name, auto... layers) {
    all.emplace_back(std::move(name), with_random_numbers(Network<>{layers...}));
  };
  add("classifier", Standardize{samples(9)}, Dense{features, 16, rng, Bias::none}, BatchNorm{16}, ReLU{},
      Dropout{}, Dense{16, 12, rng}, BatchNorm{12}, ReLU{}, Dense{12, 3, rng});
  add("residuals", MinMax{samples(9)}, Dense{features, 8, rng},
      Residual{Network{LayerNorm{8}, Dense{8, 8, rng}, GELU{}, Dense{8, 8, rng}}},
      Residual{Network{BatchNorm{8}, Residual{Network{ReLU{}, Dense{8, 8, rng}}}, SiLU{}}}, Dense{8, 2, rng});
  add("branches", Dense{features, 8, rng},
      Concat{Network{Dense{8, 3, rng}, BatchNorm{3}, Mish{}}, Residual{Dense{8, 8, rng}},
             Concat{Identity{}, Tanh{}}},
      LayerNorm{27}, PReLU{27}, Dense{27, 2, rng}, Sigmoid{});
  return all;
}

}  // namespace onnx_networks
