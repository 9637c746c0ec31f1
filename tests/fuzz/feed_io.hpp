#pragma once

// Fuzzing targets for the readers of models. Separate from feed.hpp, since nlohmann/json is slow to compile.

#include <descent/data/standardize.hpp>
#include <descent/io/model_file.hpp>
#include <descent/io/safetensors.hpp>
#include <descent/layers/activations/gelu.hpp>
#include <descent/layers/dense.hpp>
#include <descent/layers/flatten.hpp>
#include <descent/layers/noise/dropout.hpp>
#include <descent/layers/normalization/batch_norm.hpp>
#include <descent/layers/reshape.hpp>
#include <descent/models/dynamic_sequential.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzz {

/// Returns a registry of a few layers, which cover the reader and compile faster than all layers.
inline descent::LayerRegistry<float> few_layers() {
  using namespace descent;
  LayerRegistry<float> few;
  few.add<GELU<float>>();
  few.add<Flatten<float>>();
  few.add<Reshape<float>>([](const LayerSpec& layer) {
    return Reshape<float>{
        {layer.size_option("channels"), layer.size_option("height"), layer.size_option("width")}};
  });
  few.add<Dense<float>>([](const LayerSpec& layer) {
    Rng none{0};
    return Dense<float>{layer.cols("weight"), layer.rows("weight"), none, [](auto&&...) {},
                        layer.has("bias") ? Bias::learned : Bias::none};
  });
  few.add<BatchNorm<float>>([](const LayerSpec& layer) { return BatchNorm<float>{layer.length("gamma")}; });
  few.add<Standardize<float>>([](const LayerSpec& layer) {
    return Standardize<float>{Vector<float>::Zero(layer.length("mean")).eval()};
  });
  few.add<Dropout<float>>(
      [](const LayerSpec& layer) { return Dropout<float>{{.keep = layer.option("keep")}}; });
  return few;
}

inline void safetensors(std::string_view bytes) {
  using namespace descent;
  Rng rng{1};
  DynamicSequential<float> net{Dense<float>{2, 3, rng}, BatchNorm<float>{3}};
  const auto written = [&] {
    std::ostringstream out;
    save_safetensors(out, net);
    return out.str();
  };
  const std::string before = written();
  std::istringstream in{std::string{bytes}};
  try {
    load_safetensors(in, net, {.ignore_others = true});
    const std::string first = written();
    std::istringstream again{first};
    load_safetensors(again, net);
    if (written() != first) throw std::logic_error{"expected the values that were written"};
  } catch (const Error&) {
    if (written() != before) throw std::logic_error{"expected an unchanged model after an invalid file"};
  }
}

inline void model_file(std::string_view bytes) {
  using namespace descent;
  static const LayerRegistry<float> few = few_layers();
  std::istringstream in{std::string{bytes}};
  try {
    const LoadedModel<float> model = load_model(in, few);
    if (static_cast<std::size_t>(parameter_count(model.network)) > bytes.size())
      throw std::logic_error{"expected no more values than bytes"};
  } catch (const Error&) {
  }
}

}  // namespace fuzz
