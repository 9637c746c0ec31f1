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
Shape shape_behind(const auto& layer, std::string_view child, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    throw error.at(child, "");
  }
}

[[noreturn]] inline void rethrow_at_position(const ShapeError& error, std::size_t position, const Shape& in) {
  throw error.at(std::to_string(position),
                 position == 0 ? "" : concat("the layer before it ends in ", in.size()));
}

/// The same for the layer at `position` of a chain.
Shape shape_in_chain(const auto& layer, std::size_t position, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, in);
  }
}

/// The output of the layer at `position` of a chain. Inlined, since a call more for each layer makes a single sample
/// through a small network take half as long again.
[[gnu::always_inline]] inline const auto& forward_in_chain(const auto& layer, std::size_t position, auto x,
                                                           auto& cache, const Pass& pass) {
  try {
    return layer.forward(x, cache, pass.inside(position));
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, {x.rows()});
  }
}

/// The same for the layer that a composition calls `child`.
[[gnu::always_inline]] inline const auto& forward_of(const auto& layer, std::string_view child, auto x,
                                                     auto& cache, const Pass& inside) {
  try {
    return layer.forward(x, cache, inside);
  } catch (const ShapeError& error) {
    throw error.at(child, "");
  }
}

/// Throws what backward does where there was no forward pass before.
[[noreturn]] inline void throw_without_forward(std::string_view component) {
  throw ShapeError(component, "expected the cache of a forward pass, got another one",
                   "call forward with this cache before");
}

/// A visitor that puts the name of a layer in front of the names that the layer gives.
auto under(std::convertible_to<std::string_view> auto child, auto& f) {
  return [child, &f](const auto& entry, auto&... leaf) { f(entry.inside(child), leaf...); };
}

/// The name of a layer in a chain, its position in digits. Not a std::string: a traversal makes one for each layer.
class Position {
 public:
  explicit Position(std::size_t position) {
    do {
      digits_[--first_] = static_cast<char>('0' + position % 10);
    } while ((position /= 10) != 0);
  }
  operator std::string_view() const { return {digits_ + first_, sizeof digits_ - first_}; }

 private:
  char digits_[20];
  std::size_t first_ = sizeof digits_;
};

auto at_position(std::size_t position, auto& f) { return under(Position{position}, f); }

/// Calls f with 0, 1, ... count - 1 as constants.
template <std::size_t count>
void each(auto&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<count>{});
}

}  // namespace descent::detail
