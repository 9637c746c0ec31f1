#pragma once

#include <descent/descent.hpp>

#include "conformance/layer_table.hpp"
#include "fuzz/public/source.hpp"

namespace fuzz {

/// A layer of the table; made once, since some take long to make.
inline const descent::AnyLayer<double>& made(const conformance::LayerRow& row) {
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
inline descent::AnyLayer<double> some_layer(Source&, const conformance::LayerRow& row) { return made(row); }
inline descent::AnyLayer<double> some_layer(Source& source) { return made(source.pick(conformance::layers)); }

/// A network of any layers of the table, of which few fit together, or none.
inline descent::Network<double> any_network(Source& source) {
  descent::Network<double> net;
  for (unsigned n = source.below(4); n > 0; --n) net.add(some_layer(source));
  return net;
}

/// A network that takes 5 features to 3 outputs.
inline descent::Network<double> usual_network(Source& source) {
  using namespace descent;
  static const std::vector<Network<double>> networks = [] {
    Rng rng{4};
    std::vector<Network<double>> all{
        Network<double>{Dense<double>{5, 3, rng}},
        Network<double>{Dense<double>{5, 4, rng}, Tanh<double>{}, Dense<double>{4, 3, rng}},
        Network<double>{Dense<double>{5, 4, rng, Bias::none}, BatchNorm<double>{4}, ReLU<double>{},
                        Dropout<double>{{.keep = 0.7}}, Dense<double>{4, 3, rng}},
        Network<double>{Dense<double>{5, 3, rng}, Softmax<double>{}},
        Network<double>{Dense<double>{5, 3, rng}, Sigmoid<double>{}},
        Network<double>{Dense<double>{5, 1, rng}},
    };
    return all;
  }();
  return source.pick(networks);
}

}  // namespace fuzz
