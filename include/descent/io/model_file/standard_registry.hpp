#pragma once

#include <concepts>

#include "descent/io/model_file/layer_registry.hpp"
#include "descent/io/model_file/rebuilt.hpp"
#include "descent/layers.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns a registry of chains of some layers: of this library, or default constructible. A program that only loads
/// networks of these layers compiles in a fraction of the time, and is a fraction of the size.
///
///   load_model("digits.model", registry_of<Dense<>, ReLU<>, BatchNorm<>, Dropout<>>())
///   load_model("residual.model", registry_of<Conv2D<>, ReLU<>>().add_branches())      with Residual and Concat
template <class First, class... Rest>
  requires(LayerOf<First, typename First::Scalar> && ... && LayerOf<Rest, typename First::Scalar>)
LayerRegistry<typename First::Scalar> registry_of() {
  auto registry = LayerRegistry<typename First::Scalar>::chains();
  registry.template add<First>([](const LayerSpec& layer) { return detail::Rebuilt<First>::from(layer); });
  (registry.template add<Rest>([](const LayerSpec& layer) { return detail::Rebuilt<Rest>::from(layer); }),
   ...);
  return registry;
}

/// Returns a registry of all layers of this library except Elementwise, whose formula cannot be stored in a file.
template <std::floating_point T = float>
LayerRegistry<T> standard_registry() {
  auto all = registry_of<AveragePool2D<T>, BatchNorm<T>, Conv1D<T>, Conv2D<T>, ConvTranspose2D<T>, Dense<T>,
                         Dropout<T>, ELU<T>, Embedding<T>, Flatten<T>, GELU<T>, GRU<T>, GaussianDropout<T>,
                         GaussianNoise<T>, GlobalAveragePool<T>, GroupNorm<T>, HardSigmoid<T>, HardSwish<T>,
                         HardTanh<T>, Identity<T>, InstanceNorm<T>, LSTM<T>, LayerNorm<T>, LeakyReLU<T>,
                         LogSoftmax<T>, MaxPool2D<T>, MinMax<T>, Mish<T>, MultiHeadAttention<T>, PReLU<T>,
                         PositionEmbedding<T>, PositionalEncoding<T>, RMSNorm<T>, RNN<T>, ReLU6<T>, ReLU<T>,
                         Reshape<T>, SELU<T>, SiLU<T>, Sigmoid<T>, Softmax<T>, Softplus<T>, Softsign<T>,
                         Standardize<T>, Tanh<T>, Unstandardize<T>, Upsample<T>, ZeroPad2D<T>>();
  all.add_branches();
  return all;
}

}  // namespace descent
