#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace descent {

/// The type and the options of a layer: with the numbers of `visit` and `visit_state` enough to make it again, or to
/// write it in another format.
struct LayerDescription {
  struct Part;

  std::string type;                                     ///< the layer's `name`; empty where it has none
  std::vector<std::pair<std::string, double>> options;  ///< as the layer's `visit_options` names them
  std::vector<Part> layers;                             ///< those of a composition

  bool operator==(const LayerDescription&) const;
};

/// A layer of a composition. No std::pair, which clang 14 refuses to hold a type within that type.
struct LayerDescription::Part {
  std::string name;  ///< as paths have it
  LayerDescription layer;
  bool operator==(const Part&) const = default;
};

inline bool LayerDescription::operator==(const LayerDescription& other) const {
  return type == other.type && options == other.options && layers == other.layers;
}

/// Describes a layer and all within it.
///
/// A layer with options that forward depends on names them once, as it names its parameters; numbers, truth values
/// and enumerations will do:
///
///   static void visit_options(auto&& f, auto&... tree) { f("slope", tree.slope...); }
///
/// A composition shows its layers with `visit_layers(f)`, which calls f(name, layer) for each.
template <class L>
LayerDescription describe(const L& layer) {
  if constexpr (requires { layer.describe(); }) {
    return layer.describe();
  } else {
    LayerDescription description;
    if constexpr (requires { L::name; }) description.type = L::name;
    const auto add_option = [&](std::string_view name, const auto& value) {
      description.options.emplace_back(name, static_cast<double>(value));
    };
    if constexpr (requires { L::visit_options(add_option, layer); }) L::visit_options(add_option, layer);
    const auto add_layer = [&](std::string_view name, const auto& part) {
      description.layers.push_back({std::string{name}, describe(part)});
    };
    if constexpr (requires { layer.visit_layers(add_layer); }) layer.visit_layers(add_layer);
    return description;
  }
}

}  // namespace descent
