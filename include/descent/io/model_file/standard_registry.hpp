#pragma once

#include <concepts>

#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/model_file/layer_registry.hpp"
#include "descent/layers.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns a registry of all layers of this library except Elementwise, whose formula cannot be stored in a file.
template <std::floating_point T = float>
LayerRegistry<T> standard_registry() {
  LayerRegistry<T> all;
  all.template add<ELU<T>>()
      .template add<GELU<T>>()
      .template add<HardSigmoid<T>>()
      .template add<HardSwish<T>>();
  all.template add<Flatten<T>>()
      .template add<HardTanh<T>>()
      .template add<Identity<T>>()
      .template add<LeakyReLU<T>>();
  all.template add<LogSoftmax<T>>().template add<Mish<T>>().template add<ReLU<T>>().template add<ReLU6<T>>();
  all.template add<SELU<T>>().template add<Sigmoid<T>>().template add<SiLU<T>>().template add<Softmax<T>>();
  all.template add<Softplus<T>>().template add<Softsign<T>>().template add<Tanh<T>>();

  all.template add<Dense<T>>([](const LayerSpec& layer) {
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};  // the values come from the file
    Rng none{0};
    return Dense<T>{layer.cols("weight"), layer.rows("weight"), none, leave,
                    layer.has("bias") ? Bias::learned : Bias::none};
  });
  all.template add<BatchNorm<T>>([](const LayerSpec& layer) { return BatchNorm<T>{layer.length("gamma")}; });
  all.template add<LayerNorm<T>>([](const LayerSpec& layer) { return LayerNorm<T>{layer.length("gamma")}; });
  all.template add<PReLU<T>>([](const LayerSpec& layer) { return PReLU<T>{layer.length("slope")}; });
  // Their constructors compute statistics, which the values in the file then replace.
  all.template add<Standardize<T>>(
      [](const LayerSpec& layer) { return Standardize<T>{Vector<T>::Zero(layer.length("mean")).eval()}; });
  all.template add<MinMax<T>>(
      [](const LayerSpec& layer) { return MinMax<T>{Vector<T>::Zero(layer.length("minimum")).eval()}; });
  // Their constructors validate the options.
  all.template add<Reshape<T>>([](const LayerSpec& layer) {
    return Reshape<T>{
        {layer.size_option("channels"), layer.size_option("height"), layer.size_option("width")}};
  });
  all.template add<Dropout<T>>(
      [](const LayerSpec& layer) { return Dropout<T>{{.keep = layer.option("keep")}}; });
  all.template add<GaussianNoise<T>>(
      [](const LayerSpec& layer) { return GaussianNoise<T>{{.deviation = layer.option("deviation")}}; });
  all.template add<GaussianDropout<T>>([](const LayerSpec& layer) {
    const double deviation = layer.option("deviation");  // sqrt((1 - keep) / keep)
    return GaussianDropout<T>{{.keep = 1 / (1 + deviation * deviation)}};
  });
  return all;
}

}  // namespace descent
