#pragma once

// A network with every kind of layer that a model file can hold, its values and options none of those that a layer
// begins with.

#include <cmath>
#include <descent/data/min_max.hpp>
#include <descent/data/standardize.hpp>
#include <descent/layers.hpp>
#include <descent/models.hpp>

namespace every_layer {

using namespace descent;

inline Matrix<> inputs() {
  Matrix<> x(5, 4);
  for (Index i = 0; i < x.size(); ++i)
    x(i) = static_cast<float>(0.25 * std::sin(3.0 * static_cast<double>(i)));
  return x;
}

inline Network<> network() {
  Rng rng{3};
  Network<> net;
  net.add(Standardize<>{inputs()}).add(MinMax<>{3 * inputs(), {.low = -1}}).add(Dense{5, 4, rng});
  net.add(Dense{4, 5, rng, Bias::none}).add(ReLU{}).add(Sigmoid{}).add(Tanh{}).add(Identity{});
  net.add(LeakyReLU{{.slope = 0.2}}).add(PReLU{5}).add(PReLU{1, {.slope = 0.3}}).add(ReLU6{});
  net.add(ELU{{.alpha = 0.7}}).add(SELU{}).add(GELU{}).add(GELU{GELUForm::tanh}).add(SiLU{}).add(Mish{});
  net.add(Softplus{}).add(Softsign{}).add(HardSigmoid{{.slope = 0.2}}).add(HardTanh{}).add(HardSwish{});
  net.add(BatchNorm{5, {.momentum = 0.8, .epsilon = 1e-3, .running_variance = Variance::unbiased}});
  net.add(LayerNorm{5, {.epsilon = 1e-4}}).add(Dropout{{.keep = 0.75, .enabled = false}});
  net.add(GaussianNoise{{.deviation = 0.3}}).add(GaussianDropout{{.keep = 0.9}});
  net.add(Residual{Sequential{Dense{5, 2, rng}, BatchNorm{2}, Tanh{}, Dense{2, 5, rng}}})
      .add(Residual{ReLU{}});
  net.add(Concat{Dense{5, 4, rng}, Identity{}, Sequential{Dense{5, 2, rng}, Tanh{}}}).add(Concat{Tanh{}});
  net.add(Network{Dense{11, 3, rng}, Dense{3, 1, rng}, Dense{1, 3, rng}}).add(LogSoftmax{}).add(Softmax{});
  auto change = [k = 0](const auto& entry, auto& leaf) mutable {
    const std::string path = entry.name.path();
    if (path[1] == '.' && path[0] < '2') return;  // what the first two learnt
    for (auto& value : leaf.reshaped()) value += static_cast<float>(0.1 * (1 + std::sin(k++)));
  };
  Network<>::visit(change, net);
  Network<>::visit_state(change, net);
  return net;
}

}  // namespace every_layer
