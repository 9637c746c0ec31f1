#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/model_file/layer_spec.hpp"
#include "descent/models/any_layer.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Sets the options of a layer to those in the file. Throws unless they have the same names and are in range.
template <class L>
void set_options(L& layer, const LayerSpec& spec) {
  std::size_t count = 0;
  const auto set = [&]<class V>(std::string_view name, V& value) {
    const double stored = spec.option(name);
    const auto expect = [&](bool holds, std::string_view what) {
      if (!holds) spec.fail(joined("expected the option \"", name, "\" to be ", what, ", got ", stored));
    };
    if constexpr (std::is_enum_v<V> || std::same_as<V, bool>) {
      const int values = std::same_as<V, bool> ? 2 : enumeration_size<V>;
      expect(stored >= 0 && stored < values && stored == std::floor(stored),
             joined("an integer from 0 to ", values - 1));
    } else {
      expect(std::abs(stored) <= static_cast<double>(std::numeric_limits<V>::max()), "finite");
      if constexpr (std::integral<V>)
        expect(stored == std::floor(stored) && stored >= static_cast<double>(std::numeric_limits<V>::min()) &&
                   std::abs(stored) <= 0x1p53,
               "an integer in range");
    }
    value = static_cast<V>(stored);
    ++count;
  };
  if constexpr (requires { L::visit_options(set, layer); }) L::visit_options(set, layer);
  if (count != spec.description().options.size())
    spec.fail(joined("expected ", count, " options, got ", spec.description().options.size()),
              "load it with the version of the layer that saved it");
}

/// Returns a Concat of all branches, at most `most`: each number of branches is a different type.
template <class T, std::size_t most>
AnyLayer<T> concat_of(std::vector<AnyLayer<T>>& branches) {
  if constexpr (most > 1)
    if (branches.size() < most) return concat_of<T, most - 1>(branches);
  return [&]<std::size_t... I>(std::index_sequence<I...>) -> AnyLayer<T> {
    return Concat<std::conditional_t<true, AnyLayer<T>, std::integral_constant<std::size_t, I>>...>{
        std::move(branches[I])...};
  }(std::make_index_sequence<most>{});
}

/// Returns the total number of values that the layers compute for a sample of this shape. Needs no memory for them: a
/// forward pass of an empty batch gives the shapes of the outputs.
template <class T>
double outputs_per_sample(const DynamicSequential<T>& network, const Shape& sample) {
  typename DynamicSequential<T>::Cache cache;
  network.forward(Batch<T>{nullptr, sample, 0}, cache, Pass::inference());
  double values = 0;
  network.visit_outputs(
      cache, [&](const Name&, const Batch<T>& y) { values += static_cast<double>(y.shape().size()); });
  return values;
}

}  // namespace detail

/// The layer types that a program can construct from a file: a factory for each name, whose layer then receives the
/// values in the file. `standard_registry` has all layers of this library.
///
///   LayerRegistry<> registry = standard_registry();
///   registry.add<Scale<>>([](const LayerSpec& layer) { return Scale<>{layer.length("factor")}; });
///   registry.add<Swish<>>();  // default constructible
///
/// A factory receives the options and the dimensions of the layer's tensors. The options in the layer's
/// `visit_options` are then set to those in the file. The factory of a composition also receives the layers that it
/// contains:
///
///   registry.add<Residual<AnyLayer<>>>([](const LayerSpec& layer, std::vector<AnyLayer<>> parts) {
///     layer.expect_parts(1);
///     return Residual{std::move(parts[0])};
///   });
///
/// Sequential, DynamicSequential, Residual and Concat are in a registry from the start.
template <std::floating_point T = float>
class LayerRegistry {
 public:
  using Parts = std::vector<AnyLayer<T>>;
  static constexpr std::size_t most_branches = 8;  ///< the maximum of a Concat
  static constexpr int most_levels = 32;           ///< the maximum depth of nested layers

  LayerRegistry() : LayerRegistry{chains()} { add_branches(); }

  /// Returns a registry of chains alone, without Residual and Concat, which take time to compile.
  static LayerRegistry chains() {
    const auto chain = [](const LayerSpec&, Parts parts) { return DynamicSequential<T>{std::move(parts)}; };
    LayerRegistry registry{Factories{}};
    registry.template add<Sequential<AnyLayer<T>>>(chain);
    registry.template add<DynamicSequential<T>>(chain);
    return registry;
  }

  /// Adds Residual and Concat.
  LayerRegistry& add_branches() {
    add<Residual<AnyLayer<T>>>([](const LayerSpec& layer, Parts parts) {
      layer.expect_parts(1);
      return Residual<AnyLayer<T>>{std::move(parts[0])};
    });
    add<Concat<AnyLayer<T>>>([](const LayerSpec& layer, Parts parts) {
      layer.expect_parts(most_branches, "nest one Concat in another");
      return detail::concat_of<T, most_branches>(parts);
    });
    return *this;
  }

  /// Adds a type of layer, or replaces the one of the same name.
  template <LayerOf<T> L, class Factory>
  LayerRegistry& add(Factory factory) {
    constexpr bool of_parts = std::invocable<Factory&, const LayerSpec&, Parts>;
    static_assert(of_parts || std::invocable<Factory&, const LayerSpec&>,
                  "a factory takes (const LayerSpec&), or for a composition (const LayerSpec&, "
                  "std::vector<AnyLayer<>>), and returns the layer");
    factories_[std::string{L::name}] = [factory = std::move(factory)](const LayerSpec& spec,
                                                                      Parts parts) -> AnyLayer<T> {
      if constexpr (of_parts) {
        auto layer = factory(spec, std::move(parts));
        detail::set_options(layer, spec);
        return layer;
      } else {
        auto layer = factory(spec);
        detail::set_options(layer, spec);
        return layer;
      }
    };
    return *this;
  }
  template <LayerOf<T> L>
    requires std::default_initializable<L>
  LayerRegistry& add() {
    return add<L>([](const LayerSpec&) { return L{}; });
  }

  /// True if this type of layer is registered.
  bool knows(const std::string& type) const { return factories_.contains(type); }
  /// Returns the names of the registered types.
  std::vector<std::string> types() const {
    std::vector<std::string> names;
    for (const auto& [name, factory] : factories_) names.push_back(name);
    return names;
  }

  /// Constructs a network from its description, with tensors of these dimensions and unspecified values. The outputs
  /// of its layers for `samples` inputs of this shape may have at most a million values plus four times those in the
  /// tensors, so that a small file cannot request much memory.
  ///
  /// Throws   FormatError, which names the layer, if its type is not registered, if it cannot be constructed or if its
  ///          input has the wrong shape; also for an empty tensor with a dimension above 1.
  DynamicSequential<T> make(const LayerDescription& description, const TensorDimensions& tensors,
                            const Shape& sample, Index samples) const {
    const LayerSpec spec{description, tensors, ""};
    double values = 0;
    for (const auto& [name, sizes] : tensors) {
      // The size of the file does not bound the other dimensions of an empty tensor.
      for (std::size_t k = 0; sizes.size() == 0 && k < sizes.rank(); ++k)
        if (sizes[k] > 1)
          spec.fail(detail::joined("expected values in the tensor \"", name,
                                   "\", got a dimension of 0 and one of ", sizes[k]));
      values += static_cast<double>(sizes.size());
    }
    AnyLayer<T> made = make(spec, 0);
    auto* const network = made.template get_if<DynamicSequential<T>>();
    if (network == nullptr) spec.fail("expected a Sequential or a DynamicSequential, got another type");
    double outputs = 0;
    try {
      outputs = static_cast<double>(samples) * detail::outputs_per_sample(*network, sample);
    } catch (const Error& error) {
      spec.fail(detail::joined("expected layers that fit together, got: ", error.what()));
    }
    if (outputs > 0x1p20 + 4 * values)
      spec.fail("expected outputs in proportion to the tensors, got far more",
                "save the model with fewer golden inputs");
    return std::move(*network);
  }

 private:
  using Factory = std::function<AnyLayer<T>(const LayerSpec&, Parts)>;
  using Factories = std::map<std::string, Factory>;

  explicit LayerRegistry(Factories factories) : factories_{std::move(factories)} {}

  AnyLayer<T> make(const LayerSpec& spec, int level) const {
    const auto factory = factories_.find(spec.description().type);
    if (factory == factories_.end())
      spec.fail("expected a type in the registry, got another",
                "add it by registry.add<...>(...), and pass the registry");
    if (level > most_levels)
      spec.fail(detail::joined("expected at most ", most_levels, " nested layers, got more"));
    Parts parts;
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < spec.description().layers.size(); ++i) {
      const std::string& name = spec.description().layers[i].name;
      // Otherwise one tensor could give many layers their size.
      if (name.find('.') != std::string::npos || !names.insert(name).second)
        spec.fail(detail::joined("expected parts with unique names, got \"", name, '"'));
      parts.push_back(make(spec.part(i), level + 1));
    }
    try {
      return factory->second(spec, std::move(parts));
    } catch (const FormatError&) {
      throw;
    } catch (const Error& error) {
      spec.fail(detail::joined("expected a layer that can be constructed, got: ", error.what()));
    }
  }

  Factories factories_;
};

}  // namespace descent
