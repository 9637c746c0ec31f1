#pragma once

#include <concepts>

#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/unstandardize.hpp"
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
  const auto kernel = [](const LayerSpec& layer) {
    return Extent{layer.size_option("kernel_height"), layer.size_option("kernel_width")};
  };
  const auto stride = [](const LayerSpec& layer) {
    return Extent{layer.size_option("stride_height"), layer.size_option("stride_width")};
  };
  const auto padding = [](const LayerSpec& layer) {
    return Padding{layer.size_option("padding_top"), layer.size_option("padding_left"),
                   layer.size_option("padding_bottom"), layer.size_option("padding_right")};
  };
  all.template add<Conv2D<T>>([=](const LayerSpec& layer) {
    const Dimensions& sizes = layer.dimensions("weight");
    if (sizes.rank() != 4)
      layer.fail(detail::joined("expected a \"weight\" of 4 dimensions, got ", sizes.rank()));
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    const Index groups = layer.size_option("groups");
    if (groups > sizes[0])
      layer.fail(
          detail::joined("expected at most ", sizes[0], " groups, the number of outputs, got ", groups));
    return Conv2D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     leave,
                     {.kernel = {sizes[2], sizes[3]},
                      .stride = stride(layer),
                      .padding = padding(layer),
                      .dilation = {layer.size_option("dilation_height"), layer.size_option("dilation_width")},
                      .groups = groups,
                      .bias = layer.has("bias") ? Bias::learned : Bias::none}};
  });
  all.template add<MaxPool2D<T>>([=](const LayerSpec& layer) {
    return MaxPool2D<T>{{.kernel = kernel(layer), .stride = stride(layer), .padding = padding(layer)}};
  });
  all.template add<AveragePool2D<T>>([=](const LayerSpec& layer) {
    return AveragePool2D<T>{{.kernel = kernel(layer), .stride = stride(layer), .padding = padding(layer)}};
  });
  all.template add<GlobalAveragePool<T>>();
  all.template add<BatchNorm<T>>([](const LayerSpec& layer) { return BatchNorm<T>{layer.length("gamma")}; });
  all.template add<LayerNorm<T>>([](const LayerSpec& layer) { return LayerNorm<T>{layer.length("gamma")}; });
  all.template add<PReLU<T>>([](const LayerSpec& layer) { return PReLU<T>{layer.length("slope")}; });
  // Their constructors compute statistics, which the values in the file then replace.
  all.template add<Standardize<T>>(
      [](const LayerSpec& layer) { return Standardize<T>{Vector<T>::Zero(layer.length("mean")).eval()}; });
  all.template add<Unstandardize<T>>(
      [](const LayerSpec& layer) { return Unstandardize<T>{Vector<T>::Zero(layer.length("mean")).eval()}; });
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
