#pragma once

#include <string>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"

namespace descent::detail {

/// The shape behind the layer at `position` of a chain. Its error, if any, says where the layer stands.
Shape shape_behind(const auto& layer, std::size_t position, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    throw error.at(std::to_string(position),
                   position == 0 ? "" : concat("the layer before it ends in ", in.size()));
  }
}

/// A visitor that puts the position of a layer in front of the names that the layer gives.
auto at_position(std::size_t position, auto& f) {
  return [position, &f](const auto& entry, auto&... leaf) { f(entry.inside(std::to_string(position)), leaf...); };
}

}  // namespace descent::detail
