#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/hooks.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the output shape of the layer that a composition calls `child`; an error names the layer.
Shape shape_after(const auto& layer, std::string_view child, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    throw error.at(child, "");
  }
}

[[noreturn]] inline void rethrow_at_position(const ShapeError& error, std::size_t position, const Shape& in) {
  throw error.at(joined({position}),
                 position == 0 ? "" : joined({"match the layer before it, which returns ", shape_text(in)}));
}

/// Returns the output shape of the layer at `position` of a chain; an error names the layer and its input.
Shape shape_in_chain(const auto& layer, std::size_t position, const Shape& in) {
  try {
    return layer.output_shape(in);
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, in);
  }
}

/// Returns the output of the layer at `position` of a chain; an error names the layer and its input. Inlined, because a
/// function call for each layer makes the forward pass of one sample through a small network take 1.5 times as long.
template <std::floating_point T>
[[gnu::always_inline]] inline Batch<T> forward_in_chain(const auto& layer, std::size_t position,
                                                        const Batch<T>& x, auto& cache, const Pass& pass) {
  try {
    return layer.forward(x, cache, pass.inside(position));
  } catch (const ShapeError& error) {
    rethrow_at_position(error, position, x.shape());
  }
}

/// Returns the output of the layer that a composition calls `child`; an error names the layer.
template <std::floating_point T>
[[gnu::always_inline]] inline Batch<T> forward_of(const auto& layer, std::string_view child,
                                                  const Batch<T>& x, auto& cache, const Pass& inside) {
  try {
    return layer.forward(x, cache, inside);
  } catch (const ShapeError& error) {
    throw error.at(child, "");
  }
}

/// Throws the error of a backward pass without a forward pass before it.
[[noreturn]] inline void throw_without_forward(std::string_view component) {
  throw ShapeError(component, "expected the cache of a forward pass, got another cache",
                   "call forward with this cache first");
}

/// Calls f(name, y) with the output of a layer in its last forward pass; for a composition, its layers come first.
void visit_outputs_of(const auto& layer, std::string_view child, const auto& cache, const auto& y, auto&& f) {
  const auto within = [&](const Name& name, const auto& inner) { f(name.inside(child), inner); };
  if constexpr (requires { layer.visit_outputs(cache, within); }) layer.visit_outputs(cache, within);
  f(Name{child}, y);
}

/// The name of a layer in a chain: its position in digits. Unlike a std::string it never allocates, since a traversal
/// makes one for each layer.
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

/// Calls f with 0, 1, ..., count - 1 as constants.
template <std::size_t count>
void each(auto&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<count>{});
}

/// The layers of a composition whose types are known at compile time, and the walks over them. A layer is named by its
/// position; caches and outputs are passed in the order of the layers.
template <class... L>
class LayerTuple {
 public:
  static constexpr std::size_t size = sizeof...(L);

  static void visit(auto&& f, auto&... tree) {
    each<size>([&](auto i) { LayerAt<i>::visit(at_position(i, f), std::get<i>(tree.layers_)...); });
  }
  static void visit_state(auto&& f, auto&... tree) {
    each<size>(
        [&](auto i) { descent::visit_state<LayerAt<i>>(at_position(i, f), std::get<i>(tree.layers_)...); });
  }

  /// Calls f(position, layer) for each layer.
  void visit_layers(auto&& f) const {
    each<size>([&](auto i) { f(std::to_string(i), std::get<i>(layers_)); });
  }

 protected:
  template <std::size_t i>
  using LayerAt = std::tuple_element_t<i, std::tuple<L...>>;

  explicit LayerTuple(L... layers) : layers_{std::move(layers)...} {}

  void update_state(const auto& caches) {
    each<size>([&](auto i) { descent::update_state(std::get<i>(layers_), std::get<i>(caches)); });
  }
  void visit_outputs(const auto& caches, const auto& outputs, auto&& f) const {
    each<size>([&](auto i) {
      visit_outputs_of(std::get<i>(layers_), Position{i}, std::get<i>(caches), outputs[i], f);
    });
  }

  std::tuple<L...> layers_;
};

}  // namespace descent::detail
