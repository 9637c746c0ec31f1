#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/data/unstandardize.hpp"
#include "descent/io/model_file/layer_registry.hpp"
#include "descent/layers.hpp"

namespace descent::inline DESCENT_ABI {

template <>
inline constexpr int enumeration_size<Rotary> = 3;

namespace detail {

/// Makes a recurrent layer of the sizes in a file, if the file has the parameters of all its layers and directions.
template <class L, class Options>
L recurrent_layer(const LayerSpec& layer, Options options = {}) {
  options.layers = layer.size_option("layers");
  options.bidirectional = layer.size_option("bidirectional") != 0;
  options.keep = layer.option("keep");
  options.bias = layer.has("bias_l0") || layer.has("bias_ih_l0") ? Bias::learned : Bias::none;
  const Index hidden = layer.cols("weight_hh_l0"), directions = options.bidirectional ? 2 : 1;
  for (Index i = 0; i < options.layers * directions;
       ++i) {  // otherwise a small file could request much memory
    const std::string at = joined("_l", i / directions, i % directions == 1 ? "_reverse" : "");
    const Index in = i < directions ? layer.cols("weight_ih_l0") : directions * hidden;
    if (layer.cols("weight_ih" + at) != in || layer.cols("weight_hh" + at) != hidden)
      layer.fail(joined("expected weights of ", in, " and ", hidden, " columns for ", at, ", got others"));
  }
  return L{layer.cols("weight_ih_l0"), hidden, options};
}

}  // namespace detail

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
  const auto dilation = [](const LayerSpec& layer) {
    return Extent{layer.size_option("dilation_height"), layer.size_option("dilation_width")};
  };
  const auto kernel_sizes = [](const LayerSpec& layer, std::size_t rank) -> const Dimensions& {
    const Dimensions& sizes = layer.dimensions("weight");
    if (sizes.rank() != rank)
      layer.fail(detail::joined("expected a \"weight\" of ", rank, " dimensions, got ", sizes.rank()));
    if (const Index groups = layer.size_option("groups"); groups > sizes[0])
      layer.fail(
          detail::joined("expected at most ", sizes[0], " groups, the number of outputs, got ", groups));
    return sizes;
  };
  const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};  // the values come from the file
  all.template add<Conv2D<T>>([=](const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 4);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return Conv2D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     leave,
                     {.kernel = {sizes[2], sizes[3]},
                      .stride = stride(layer),
                      .padding = padding(layer),
                      .dilation = dilation(layer),
                      .groups = groups,
                      .bias = layer.has("bias") ? Bias::learned : Bias::none}};
  });
  all.template add<Conv1D<T>>([=](const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 3);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return Conv1D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     leave,
                     {.kernel = sizes[2],
                      .stride = layer.size_option("stride"),
                      .padding = {layer.size_option("padding_before"), layer.size_option("padding_after")},
                      .dilation = layer.size_option("dilation"),
                      .groups = groups,
                      .bias = layer.has("bias") ? Bias::learned : Bias::none}};
  });
  all.template add<ConvTranspose2D<T>>([=](const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 4);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return ConvTranspose2D<T>{sizes[0],
                              sizes[1] * groups,
                              none,
                              leave,
                              {.kernel = {sizes[2], sizes[3]},
                               .stride = stride(layer),
                               .padding = padding(layer),
                               .output_padding = {layer.size_option("output_padding_height"),
                                                  layer.size_option("output_padding_width")},
                               .dilation = dilation(layer),
                               .groups = groups,
                               .bias = layer.has("bias") ? Bias::learned : Bias::none}};
  });
  all.template add<Upsample<T>>([](const LayerSpec& layer) {
    return Upsample<T>{{.factor = {layer.size_option("factor_height"), layer.size_option("factor_width")}}};
  });
  all.template add<ZeroPad2D<T>>([=](const LayerSpec& layer) { return ZeroPad2D<T>{padding(layer)}; });
  all.template add<MaxPool2D<T>>([=](const LayerSpec& layer) {
    return MaxPool2D<T>{{.kernel = kernel(layer), .stride = stride(layer), .padding = padding(layer)}};
  });
  all.template add<AveragePool2D<T>>([=](const LayerSpec& layer) {
    return AveragePool2D<T>{{.kernel = kernel(layer), .stride = stride(layer), .padding = padding(layer)}};
  });
  all.template add<GlobalAveragePool<T>>();
  all.template add<Embedding<T>>([](const LayerSpec& layer) {
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    return Embedding<T>{layer.rows("weight"), layer.cols("weight"), none, leave};
  });
  all.template add<RNN<T>>(
      [](const LayerSpec& layer) { return detail::recurrent_layer<RNN<T>, RNNOptions>(layer); });
  all.template add<LSTM<T>>(
      [](const LayerSpec& layer) { return detail::recurrent_layer<LSTM<T>, LSTMOptions>(layer); });
  all.template add<GRU<T>>([](const LayerSpec& layer) {
    const bool is_before = layer.size_option("reset") == static_cast<Index>(GRUReset::before);
    return detail::recurrent_layer<GRU<T>, GRUOptions>(
        layer, {.reset = is_before ? GRUReset::before : GRUReset::after});
  });
  all.template add<BatchNorm<T>>([](const LayerSpec& layer) { return BatchNorm<T>{layer.length("gamma")}; });
  all.template add<LayerNorm<T>>([](const LayerSpec& layer) { return LayerNorm<T>{layer.length("gamma")}; });
  all.template add<GroupNorm<T>>([](const LayerSpec& layer) {
    return GroupNorm<T>{
        layer.size_option("groups"), layer.length("gamma"), {.epsilon = layer.option("epsilon")}};
  });
  all.template add<InstanceNorm<T>>([](const LayerSpec& layer) {
    return InstanceNorm<T>{layer.length("gamma"), {.epsilon = layer.option("epsilon")}};
  });
  all.template add<RMSNorm<T>>([](const LayerSpec& layer) { return RMSNorm<T>{layer.length("gamma")}; });
  all.template add<MultiHeadAttention<T>>([](const LayerSpec& layer) {
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    const Index features = layer.cols("in_proj_weight"), heads = layer.size_option("heads");
    if (layer.rows("in_proj_weight") != 3 * features || layer.rows("out_proj.weight") != features ||
        layer.cols("out_proj.weight") != features)  // otherwise a small file could request much memory
      layer.fail(detail::joined("expected weights for ", features, " features, got others"));
    return MultiHeadAttention<T>{features,
                                 none,
                                 leave,
                                 {.heads = heads,
                                  .keep = layer.option("keep"),
                                  .bias = layer.has("in_proj_bias") ? Bias::learned : Bias::none,
                                  .rotary = layer.option("rotary") == 0 ? Rotary::none : Rotary::neighbors,
                                  .rotary_base = layer.option("rotary_base")}};
  });
  all.template add<PositionalEncoding<T>>(
      [](const LayerSpec& layer) { return PositionalEncoding<T>{{.base = layer.option("base")}}; });
  all.template add<PositionEmbedding<T>>([](const LayerSpec& layer) {
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    return PositionEmbedding<T>{layer.rows("weight"), layer.cols("weight"), none, leave};
  });
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
