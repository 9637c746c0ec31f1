#pragma once

#include <descent/descent.hpp>

#include "conformance/layer_table.hpp"
#include "fuzz/public/source.hpp"

namespace fuzz {

/// Returns the layer of a row of the table; constructed once, since some are slow to construct.
inline const descent::AnyLayer<double>& constructed(const conformance::LayerRow& row) {
  static const std::vector<descent::AnyLayer<double>> all = [] {
    std::vector<descent::AnyLayer<double>> layers;
    for (const conformance::LayerRow& each : conformance::layers) {
      descent::Rng rng{3};
      layers.push_back(each.make(rng));
    }
    return layers;
  }();
  return all[static_cast<std::size_t>(&row - conformance::layers.data())];
}
inline descent::AnyLayer<double> some_layer(Source&, const conformance::LayerRow& row) {
  return constructed(row);
}
inline descent::AnyLayer<double> some_layer(Source& source) {
  return constructed(source.pick(conformance::layers));
}

/// Returns a network of up to three layers of the table, whose shapes mostly do not match.
inline descent::DynamicSequential<double> any_network(Source& source) {
  descent::DynamicSequential<double> net;
  for (unsigned n = source.below(4); n > 0; --n) net.add(some_layer(source));
  return net;
}

/// Returns a network of 5 features and mostly 3 outputs.
inline descent::DynamicSequential<double> usual_network(Source& source) {
  using namespace descent;
  static const std::vector<DynamicSequential<double>> networks = [] {
    Rng rng{4};
    std::vector<DynamicSequential<double>> all{
        DynamicSequential<double>{Dense<double>{5, 3, rng}},
        DynamicSequential<double>{Dense<double>{5, 4, rng}, Tanh<double>{}, Dense<double>{4, 3, rng}},
        DynamicSequential<double>{Dense<double>{5, 4, rng, Bias::none}, BatchNorm<double>{4}, ReLU<double>{},
                                  Dropout<double>{{.keep = 0.7}}, Dense<double>{4, 3, rng}},
        DynamicSequential<double>{Dense<double>{5, 3, rng}, Softmax<double>{}},
        DynamicSequential<double>{Dense<double>{5, 3, rng}, Sigmoid<double>{}},
        DynamicSequential<double>{Dense<double>{5, 1, rng}},
    };
    return all;
  }();
  return source.pick(networks);
}

}  // namespace fuzz
