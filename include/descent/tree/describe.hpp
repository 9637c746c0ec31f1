#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/version.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

struct FormulaDescription;

/// The type and the options of a layer. Together with the numbers of `visit` and `visit_state` it suffices to
/// reconstruct the layer or to export it to another format.
struct LayerDescription {
  struct Part;

  std::string type;                                     ///< the layer's `name`; empty if it has none
  std::vector<std::pair<std::string, double>> options;  ///< names and values from `visit_options`
  std::vector<Part> layers;                             ///< the layers of a composition
  std::shared_ptr<const FormulaDescription> formula{};  ///< of a layer that is written as one
  UnitKind unit_kind = UnitKind::plain;                 ///< the layer's `unit_kind`

  /// Compares all but the formula and the kind, which no file has.
  bool operator==(const LayerDescription&) const;
};

/// A layer of a composition. Not a std::pair: clang 14 rejects one of an incomplete type.
struct LayerDescription::Part {
  std::string name;  ///< as in parameter paths
  LayerDescription layer;
  bool operator==(const Part&) const = default;
};

inline bool LayerDescription::operator==(const LayerDescription& other) const {
  return type == other.type && options == other.options && layers == other.layers;
}

namespace detail {

/// Returns the name and the options of a layer.
template <class L>
LayerDescription describe_itself(const L& layer) {
  LayerDescription description;
  if constexpr (requires { L::name; }) description.type = L::name;
  if constexpr (requires { L::unit_kind; }) description.unit_kind = L::unit_kind;
  const auto add_option = [&](std::string_view name, const auto& value) {
    description.options.emplace_back(name, static_cast<double>(value));
  };
  if constexpr (requires { L::visit_options(add_option, layer); }) L::visit_options(add_option, layer);
  return description;
}

}  // namespace detail

/// Returns the description of a layer and of all layers in it.
///
/// A layer lists the options that forward depends on in `visit_options`; they are numbers, booleans or enumerations:
///
///   static void visit_options(auto&& f, auto&... tree) { f("slope", tree.slope...); }
///
/// A composition lists its layers in `visit_layers(f)`, which calls f(name, layer) for each.
template <class L>
LayerDescription describe(const L& layer) {
  if constexpr (requires { layer.describe(); }) {
    return layer.describe();
  } else {
    LayerDescription description = detail::describe_itself(layer);
    const auto add_layer = [&](std::string_view name, const auto& part) {
      description.layers.push_back({std::string{name}, describe(part)});
    };
    if constexpr (requires { layer.visit_layers(add_layer); }) layer.visit_layers(add_layer);
    return description;
  }
}

}  // namespace descent
