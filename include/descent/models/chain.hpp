#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "descent/concepts/hooks.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::detail {

/// The shape after the layer that a composition calls `child`. An error tells where the layer is.
Shape shape_after(const auto& layer, std::string_view child, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    throw error.at(child, "");
  }
}

[[noreturn]] inline void rethrow_at_position(const ShapeError& error, std::size_t position, const Shape& in) {
  throw error.at(std::to_string(position),
                 position == 0 ? "" : joined({"the layer before it ends in ", shape_text(in)}));
}

/// The same for the layer at `position` of a chain.
Shape shape_in_chain(const auto& layer, std::size_t position, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, in);
  }
}

/// The output of the layer at `position` of a chain. Inlined, since one more call for each layer makes a single sample
/// through a small network take half as long again.
template <std::floating_point T>
[[gnu::always_inline]] inline Batch<T> forward_in_chain(const auto& layer, std::size_t position,
                                                        const Batch<T>& x, auto& cache, const Pass& pass) {
  try {
    return layer.forward(x, cache, pass.inside(position));
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, x.shape());
  }
}

/// The same for the layer that a composition calls `child`.
template <std::floating_point T>
[[gnu::always_inline]] inline Batch<T> forward_of(const auto& layer, std::string_view child,
                                                  const Batch<T>& x, auto& cache, const Pass& inside) {
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

/// A visitor that prepends the name of a layer to the names that the layer gives.
auto under(std::convertible_to<std::string_view> auto child, auto& f) {
  return [child, &f](const Parameter& p, auto&... leaf) { f(p.inside(child), leaf...); };
}

/// Calls f(name, y) with what a layer computed in its last forward pass, and before that, if it is a composition, with
/// what the layers within it computed.
void visit_outputs_of(const auto& layer, std::string_view child, const auto& cache, const auto& y, auto&& f) {
  const auto within = [&](const Name& name, const auto& inner) { f(name.inside(child), inner); };
  if constexpr (requires { layer.visit_outputs(cache, within); }) layer.visit_outputs(cache, within);
  f(Name{child}, y);
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
