#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"

namespace descent::detail {

/// The shape behind the layer that a composition calls `child`. Its error, if any, says where the layer stands.
Shape shape_behind(const auto& layer, std::string_view child, const Shape& in, std::string_view cure = {}) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    throw error.at(child, cure);
  }
}

/// The same for the layer at `position` of a chain.
Shape shape_in_chain(const auto& layer, std::size_t position, const Shape& in) {
  return shape_behind(layer, std::to_string(position), in,
                      position == 0 ? "" : concat("the layer before it ends in ", in.size()));
}

/// A visitor that puts the name of a layer in front of the names that the layer gives.
auto under(std::convertible_to<std::string_view> auto child, auto& f) {
  return [child, &f](const auto& entry, auto&... leaf) { f(entry.inside(child), leaf...); };
}
auto at_position(std::size_t position, auto& f) { return under(std::to_string(position), f); }

/// Calls f with 0, 1, ... count - 1 as constants.
template <std::size_t count>
void each(auto&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<count>{});
}

}  // namespace descent::detail
