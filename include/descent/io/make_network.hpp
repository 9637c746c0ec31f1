#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/nearest_name.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/layers.hpp"
#include "descent/models/dynamic_sequential.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A layer in the description of a network: its name in small letters, and the words after it.
struct DescribedLayer {
  std::size_t position;
  std::string_view text;  // as written
  std::string name;
  std::vector<std::string> words;

  [[noreturn]] void fail(Message problem, std::string_view cure) const {
    throw_error<DataError>(joined({"make_network: layer ", position, " \"", text, '"'}), problem, cure);
  }
  void expect_words(std::size_t least, std::size_t most, std::string_view meaning) const {
    if (words.size() < least || words.size() > most)
      fail({"expected ", meaning, ", got ", words.size(), words.size() == 1 ? " word" : " words", " after \"",
            name, '"'},
           "separate layers by commas");
  }
  double number(std::size_t i) const {
    double value = 0;
    if (!parse_number(words[i], value) || !is_finite(value))
      fail({"expected a number, got \"", words[i], '"'}, "write digits with a decimal point");
    return value;
  }
  Index size(std::size_t i) const {
    const double value = number(i);
    if (value < 1 || value > 1e9 || value != static_cast<double>(static_cast<Index>(value)))
      fail({"expected a whole number of at least 1, got \"", words[i], '"'},
           "write the number of units or pixels");
    return static_cast<Index>(value);
  }
};

/// Splits a description into layers, which commas and line breaks separate.
inline std::vector<DescribedLayer> split_description(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<DescribedLayer> layers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",;\n"), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
    if (part.empty()) continue;
    part = part.substr(0, part.find_last_not_of(blanks) + 1);
    DescribedLayer layer{layers.size(), part, {}, {}};
    for (std::string_view left = part; !left.empty();) {
      const std::string_view word = left.substr(0, left.find_first_of(blanks));
      layer.words.emplace_back(word);
      left.remove_prefix(word.size());
      left.remove_prefix(std::min(left.find_first_not_of(blanks), left.size()));
    }
    for (const char letter : layer.words[0])  // LeakyReLU, leaky_relu and leaky-relu are one name
      if (letter != '_' && letter != '-')
        layer.name.push_back(letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter);
    layer.words.erase(layer.words.begin());
    layers.push_back(std::move(layer));
  }
  return layers;
}

inline constexpr std::string_view described_names[] = {"averagepool", "batchnorm", "conv",
                                                       "dense",       "dropout",   "elu",
                                                       "flatten",     "gelu",      "globalaveragepool",
                                                       "hardsigmoid", "hardswish", "hardtanh",
                                                       "layernorm",   "leakyrelu", "logsoftmax",
                                                       "maxpool",     "mish",      "prelu",
                                                       "relu",        "relu6",     "selu",
                                                       "sigmoid",     "silu",      "softmax",
                                                       "softplus",    "softsign",  "tanh"};

/// Returns the layer for inputs of a shape.
template <std::floating_point T>
AnyLayer<T> described_layer(const DescribedLayer& layer, const Shape& in, Rng& rng) {
  const std::string& name = layer.name;
  if (name == "dense") {
    layer.expect_words(1, 1, "the number of units");
    return Dense<T>{in.size(), layer.size(0), rng};
  }
  if (name == "conv") {
    layer.expect_words(1, 2, "the number of channels and the side of the kernel");
    const Index side = layer.words.size() > 1 ? layer.size(1) : 3;
    return Conv2D<T>{in.channels, layer.size(0), rng, {.kernel = side, .padding = Padding::same()}};
  }
  if (name == "maxpool" || name == "averagepool") {
    layer.expect_words(0, 1, "the side of the window");
    const Index side = layer.words.empty() ? 2 : layer.size(0);
    if (name == "maxpool") return MaxPool2D<T>{{.kernel = side}};
    return AveragePool2D<T>{{.kernel = side}};
  }
  if (name == "dropout") {
    layer.expect_words(1, 1, "the share of values that are dropped");
    const double share = layer.number(0);
    if (share < 0 || share >= 1)
      layer.fail({"expected a share in [0, 1), got ", share}, "write 0.2 to drop a fifth");
    return Dropout<T>{{.keep = 1 - share}};
  }
  if (name == "leakyrelu") {
    layer.expect_words(0, 1, "the slope for negative numbers, or nothing");
    return layer.words.empty() ? LeakyReLU<T>{} : LeakyReLU<T>{{.slope = layer.number(0)}};
  }
  const std::string_view nearest = nearest_name(name, described_names);
  if (nearest != name) {
    std::string all;
    for (const std::string_view known : described_names) all.append(all.empty() ? "" : ", ").append(known);
    layer.fail({"expected a layer, got \"", name, '"'},
               nearest.empty() ? "choose from " + all : joined({"write \"", nearest, '"'}));
  }
  layer.expect_words(0, 0, "no further word");
  if (name == "batchnorm") return BatchNorm<T>{in.channels};
  if (name == "layernorm") return LayerNorm<T>{in.channels};
  if (name == "prelu") return PReLU<T>{in.channels};
  if (name == "flatten") return Flatten<T>{};
  if (name == "globalaveragepool") return GlobalAveragePool<T>{};
  if (name == "elu") return ELU<T>{};
  if (name == "gelu") return GELU<T>{};
  if (name == "hardsigmoid") return HardSigmoid<T>{};
  if (name == "hardswish") return HardSwish<T>{};
  if (name == "hardtanh") return HardTanh<T>{};
  if (name == "logsoftmax") return LogSoftmax<T>{};
  if (name == "mish") return Mish<T>{};
  if (name == "relu") return ReLU<T>{};
  if (name == "relu6") return ReLU6<T>{};
  if (name == "selu") return SELU<T>{};
  if (name == "sigmoid") return Sigmoid<T>{};
  if (name == "silu") return SiLU<T>{};
  if (name == "softmax") return Softmax<T>{};
  if (name == "softplus") return Softplus<T>{};
  if (name == "softsign") return Softsign<T>{};
  return Tanh<T>{};
}

}  // namespace detail

/// Builds a network from a short description at run time, such as a line of a configuration file, for inputs of a shape.
///
///   DynamicSequential net = make_network("dense 64, relu, dropout 0.2, dense 10", train.sample_shape(), rng);
///   make_network("conv 16 3, batchnorm, relu, maxpool 2, flatten, dense 10", {1, 28, 28}, rng)
///
///   dense UNITS    conv CHANNELS [SIDE]    maxpool [SIDE]    averagepool [SIDE]    dropout SHARE    leakyrelu [SLOPE]
///
/// The other layers are written by their names alone. Commas or line breaks separate layers; capitals, `_` and `-` in
/// names do not matter. A convolution keeps the size of the image, with a kernel of side 3 unless given; `dropout 0.2`
/// drops a fifth of the values. Not part of `<descent/descent.hpp>`.
///
/// Throws   DataError, which names the layer and its words and suggests another, when a word is not understood;
///          ShapeError when a layer does not take the output of the one before it.
template <std::floating_point T = float>
DynamicSequential<T> make_network(std::string_view description, const Shape& in, Rng& rng) {
  const auto described = detail::split_description(description);
  if (described.empty())
    throw_error<DataError>("make_network", {"expected a description of layers, got an empty text"},
                           "write layers such as \"dense 64, relu, dense 10\"");
  DynamicSequential<T> network;
  Shape shape = in;
  for (const detail::DescribedLayer& layer : described) {
    try {
      AnyLayer<T> made = detail::described_layer<T>(layer, shape, rng);
      shape = made.output_shape(shape);
      network.add(std::move(made));
    } catch (const ShapeError& error) {
      throw_error<ShapeError>(
          detail::joined({"make_network: layer ", layer.position, " \"", layer.text, '"'}), {error.what()},
          "");
    }
  }
  return network;
}

}  // namespace descent
