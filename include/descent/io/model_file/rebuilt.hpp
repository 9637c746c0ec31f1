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

/// `Rotary` has three values.
template <>
inline constexpr int enumeration_size<Rotary> = 3;

namespace detail {

// Construct a layer from its description in a file, with values that those in the file then replace. The constructors
// validate the options.

template <class L>
struct Rebuilt {
  static L from(const LayerSpec&)
    requires std::default_initializable<L>
  {
    return L{};
  }
};

inline Extent stride_of(const LayerSpec& layer) {
  return {layer.size_option("stride_height"), layer.size_option("stride_width")};
}
inline Padding padding_of(const LayerSpec& layer) {
  return {layer.size_option("padding_top"), layer.size_option("padding_left"),
          layer.size_option("padding_bottom"), layer.size_option("padding_right")};
}
inline Extent kernel_of(const LayerSpec& layer) {
  return {layer.size_option("kernel_height"), layer.size_option("kernel_width")};
}

inline Extent dilation_of(const LayerSpec& layer) {
  return {layer.size_option("dilation_height"), layer.size_option("dilation_width")};
}
inline Bias bias_of(const LayerSpec& layer) { return layer.has("bias") ? Bias::learned : Bias::none; }

/// Returns the dimensions of the weight of a convolution.
inline const Dimensions& kernel_sizes(const LayerSpec& layer, std::size_t rank) {
  const Dimensions& sizes = layer.dimensions("weight");
  if (sizes.rank() != rank)
    layer.fail(joined("expected a \"weight\" of ", rank, " dimensions, got ", sizes.rank()));
  if (const Index groups = layer.size_option("groups"); groups > sizes[0])
    layer.fail(joined("expected at most ", sizes[0], " groups, the number of outputs, got ", groups));
  return sizes;
}

/// Initializes nothing: the values come from the file.
inline constexpr auto set_nothing = [](auto&, const Fan&, Rng&) {};

template <class T>
struct Rebuilt<Dense<T>> {
  static Dense<T> from(const LayerSpec& layer) {
    Rng none{0};
    return Dense<T>{layer.cols("weight"), layer.rows("weight"), none, set_nothing, bias_of(layer)};
  }
};
template <class T>
struct Rebuilt<Conv2D<T>> {
  static Conv2D<T> from(const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 4);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return Conv2D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     set_nothing,
                     {.kernel = {sizes[2], sizes[3]},
                      .stride = stride_of(layer),
                      .padding = padding_of(layer),
                      .dilation = dilation_of(layer),
                      .groups = groups,
                      .bias = bias_of(layer)}};
  }
};
template <class T>
struct Rebuilt<Conv1D<T>> {
  static Conv1D<T> from(const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 3);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return Conv1D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     set_nothing,
                     {.kernel = sizes[2],
                      .stride = layer.size_option("stride"),
                      .padding = {layer.size_option("padding_before"), layer.size_option("padding_after")},
                      .dilation = layer.size_option("dilation"),
                      .groups = groups,
                      .bias = bias_of(layer)}};
  }
};
template <class T>
struct Rebuilt<ConvTranspose2D<T>> {
  static ConvTranspose2D<T> from(const LayerSpec& layer) {
    const Dimensions& sizes = kernel_sizes(layer, 4);
    Rng none{0};
    const Index groups = layer.size_option("groups");
    return ConvTranspose2D<T>{sizes[0],
                              sizes[1] * groups,
                              none,
                              set_nothing,
                              {.kernel = {sizes[2], sizes[3]},
                               .stride = stride_of(layer),
                               .padding = padding_of(layer),
                               .output_padding = {layer.size_option("output_padding_height"),
                                                  layer.size_option("output_padding_width")},
                               .dilation = dilation_of(layer),
                               .groups = groups,
                               .bias = bias_of(layer)}};
  }
};
template <class T>
struct Rebuilt<Upsample<T>> {
  static Upsample<T> from(const LayerSpec& layer) {
    return Upsample<T>{{.factor = {layer.size_option("factor_height"), layer.size_option("factor_width")}}};
  }
};
template <class T>
struct Rebuilt<ZeroPad2D<T>> {
  static ZeroPad2D<T> from(const LayerSpec& layer) { return ZeroPad2D<T>{padding_of(layer)}; }
};
template <class T>
struct Rebuilt<MaxPool2D<T>> {
  static MaxPool2D<T> from(const LayerSpec& layer) {
    return MaxPool2D<T>{
        {.kernel = kernel_of(layer), .stride = stride_of(layer), .padding = padding_of(layer)}};
  }
};
template <class T>
struct Rebuilt<AveragePool2D<T>> {
  static AveragePool2D<T> from(const LayerSpec& layer) {
    return AveragePool2D<T>{
        {.kernel = kernel_of(layer), .stride = stride_of(layer), .padding = padding_of(layer)}};
  }
};
template <class T>
struct Rebuilt<Embedding<T>> {
  static Embedding<T> from(const LayerSpec& layer) {
    Rng none{0};
    return Embedding<T>{layer.rows("weight"), layer.cols("weight"), none, set_nothing};
  }
};

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
template <class T>
struct Rebuilt<RNN<T>> {
  static RNN<T> from(const LayerSpec& layer) { return recurrent_layer<RNN<T>, RNNOptions>(layer); }
};
template <class T>
struct Rebuilt<LSTM<T>> {
  static LSTM<T> from(const LayerSpec& layer) { return recurrent_layer<LSTM<T>, LSTMOptions>(layer); }
};
template <class T>
struct Rebuilt<GRU<T>> {
  static GRU<T> from(const LayerSpec& layer) {
    const bool is_before = layer.size_option("reset") == static_cast<Index>(GRUReset::before);
    return recurrent_layer<GRU<T>, GRUOptions>(layer,
                                               {.reset = is_before ? GRUReset::before : GRUReset::after});
  }
};
template <class T>
struct Rebuilt<GroupNorm<T>> {
  static GroupNorm<T> from(const LayerSpec& layer) {
    return GroupNorm<T>{
        layer.size_option("groups"), layer.length("gamma"), {.epsilon = layer.option("epsilon")}};
  }
};
template <class T>
struct Rebuilt<InstanceNorm<T>> {
  static InstanceNorm<T> from(const LayerSpec& layer) {
    return InstanceNorm<T>{layer.length("gamma"), {.epsilon = layer.option("epsilon")}};
  }
};
template <class T>
struct Rebuilt<RMSNorm<T>> {
  static RMSNorm<T> from(const LayerSpec& layer) { return RMSNorm<T>{layer.length("gamma")}; }
};
template <class T>
struct Rebuilt<MultiHeadAttention<T>> {
  static MultiHeadAttention<T> from(const LayerSpec& layer) {
    Rng none{0};
    const Index features = layer.cols("in_proj_weight"), heads = layer.size_option("heads");
    if (layer.rows("in_proj_weight") != 3 * features || layer.rows("out_proj.weight") != features ||
        layer.cols("out_proj.weight") != features)  // otherwise a small file could request much memory
      layer.fail(joined("expected weights for ", features, " features, got others"));
    return MultiHeadAttention<T>{features,
                                 none,
                                 set_nothing,
                                 {.heads = heads,
                                  .keep = layer.option("keep"),
                                  .bias = layer.has("in_proj_bias") ? Bias::learned : Bias::none,
                                  .rotary = layer.option("rotary") == 0 ? Rotary::none : Rotary::neighbors,
                                  .rotary_base = layer.option("rotary_base")}};
  }
};
template <class T>
struct Rebuilt<PositionalEncoding<T>> {
  static PositionalEncoding<T> from(const LayerSpec& layer) {
    return PositionalEncoding<T>{{.base = layer.option("base")}};
  }
};
template <class T>
struct Rebuilt<PositionEmbedding<T>> {
  static PositionEmbedding<T> from(const LayerSpec& layer) {
    Rng none{0};
    return PositionEmbedding<T>{layer.rows("weight"), layer.cols("weight"), none, set_nothing};
  }
};
template <class T>
struct Rebuilt<Unstandardize<T>> {
  static Unstandardize<T> from(const LayerSpec& layer) {
    return Unstandardize<T>{Vector<T>::Zero(layer.length("mean")).eval()};
  }
};
template <class T>
struct Rebuilt<BatchNorm<T>> {
  static BatchNorm<T> from(const LayerSpec& layer) { return BatchNorm<T>{layer.length("gamma")}; }
};
template <class T>
struct Rebuilt<LayerNorm<T>> {
  static LayerNorm<T> from(const LayerSpec& layer) { return LayerNorm<T>{layer.length("gamma")}; }
};
template <class T>
struct Rebuilt<PReLU<T>> {
  static PReLU<T> from(const LayerSpec& layer) { return PReLU<T>{layer.length("slope")}; }
};
template <class T>
struct Rebuilt<Standardize<T>> {
  static Standardize<T> from(const LayerSpec& layer) {
    return Standardize<T>{Vector<T>::Zero(layer.length("mean")).eval()};
  }
};
template <class T>
struct Rebuilt<MinMax<T>> {
  static MinMax<T> from(const LayerSpec& layer) {
    return MinMax<T>{Vector<T>::Zero(layer.length("minimum")).eval()};
  }
};
template <class T>
struct Rebuilt<Reshape<T>> {
  static Reshape<T> from(const LayerSpec& layer) {
    return Reshape<T>{
        {layer.size_option("channels"), layer.size_option("height"), layer.size_option("width")}};
  }
};
template <class T>
struct Rebuilt<Dropout<T>> {
  static Dropout<T> from(const LayerSpec& layer) { return Dropout<T>{{.keep = layer.option("keep")}}; }
};
template <class T>
struct Rebuilt<GaussianNoise<T>> {
  static GaussianNoise<T> from(const LayerSpec& layer) {
    return GaussianNoise<T>{{.deviation = layer.option("deviation")}};
  }
};
template <class T>
struct Rebuilt<GaussianDropout<T>> {
  static GaussianDropout<T> from(const LayerSpec& layer) {
    const double deviation = layer.option("deviation");  // sqrt((1 - keep) / keep)
    return GaussianDropout<T>{{.keep = 1 / (1 + deviation * deviation)}};
  }
};

}  // namespace detail

}  // namespace descent
