#pragma once

#include <concepts>

#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/model_file/layer_registry.hpp"
#include "descent/layers.hpp"

namespace descent::inline DESCENT_ABI {

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

template <class T>
struct Rebuilt<Dense<T>> {
  static Dense<T> from(const LayerSpec& layer) {
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    return Dense<T>{layer.cols("weight"), layer.rows("weight"), none, leave,
                    layer.has("bias") ? Bias::learned : Bias::none};
  }
};
template <class T>
struct Rebuilt<Conv2D<T>> {
  static Conv2D<T> from(const LayerSpec& layer) {
    const Dimensions& sizes = layer.dimensions("weight");
    if (sizes.rank() != 4) layer.fail(joined("expected a \"weight\" of 4 dimensions, got ", sizes.rank()));
    const Index groups = layer.size_option("groups");
    if (groups > sizes[0])
      layer.fail(joined("expected at most ", sizes[0], " groups, the number of outputs, got ", groups));
    const auto leave = [](Matrix<T>&, const Fan&, Rng&) {};
    Rng none{0};
    return Conv2D<T>{sizes[1] * groups,
                     sizes[0],
                     none,
                     leave,
                     {.kernel = {sizes[2], sizes[3]},
                      .stride = stride_of(layer),
                      .padding = padding_of(layer),
                      .dilation = {layer.size_option("dilation_height"), layer.size_option("dilation_width")},
                      .groups = groups,
                      .bias = layer.has("bias") ? Bias::learned : Bias::none}};
  }
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
  auto all =
      registry_of<AveragePool2D<T>, BatchNorm<T>, Conv2D<T>, Dense<T>, Dropout<T>, ELU<T>, Flatten<T>,
                  GELU<T>, GaussianDropout<T>, GaussianNoise<T>, GlobalAveragePool<T>, HardSigmoid<T>,
                  HardSwish<T>, HardTanh<T>, Identity<T>, LayerNorm<T>, LeakyReLU<T>, LogSoftmax<T>,
                  MaxPool2D<T>, MinMax<T>, Mish<T>, PReLU<T>, ReLU<T>, ReLU6<T>, Reshape<T>, SELU<T>, SiLU<T>,
                  Sigmoid<T>, Softmax<T>, Softplus<T>, Softsign<T>, Standardize<T>, Tanh<T>>();
  all.add_branches();
  return all;
}

}  // namespace descent
