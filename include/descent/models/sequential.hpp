#pragma once

#include <array>
#include <concepts>
#include <string>
#include <tuple>
#include <utility>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/not_copied.hpp"
#include "descent/core/types.hpp"
#include "descent/models/chain.hpp"
#include "descent/tree/traverse.hpp"

namespace descent {

/// A chain of layers, known when the program is compiled. A layer itself, so chains nest.
///
///   y = layer_n(... layer_1(layer_0(x)))
///
/// A layer is named by its position, counted from 0; its parameters read `0.weight`, `1.gamma`, and so on.
/// `Network` holds a chain that is only known at run time; the two compute the same bits.
///
/// Throws   ShapeError from `output_shape` when neighbours do not fit together; it names the layer.
/// Example  examples/01_digits.cpp
template <class First, class... Rest>
class Sequential {
  // Asserted and not required, so that the first error says what a type lacks to be a layer.
  static_assert(Layer<First>, "the first part of this Sequential is not a Layer");
  static_assert((Layer<Rest> && ...), "a part of this Sequential is not a Layer");
  static_assert(has_valid_hooks<First> && (has_valid_hooks<Rest> && ...));
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the layers of a Sequential share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Sequential";
  using Scalar = typename First::Scalar;
  static constexpr std::size_t size = 1 + sizeof...(Rest);

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> layers;
    NotCopied<std::array<Batch<Scalar>, size>> outputs;  // mostly in the memory of `layers`
  };

  // Only an exact First: a Sequential converts to AnyLayer, which would take the place of the copy constructor.
  template <std::same_as<First> F>
  explicit Sequential(F first, Rest... rest) : layers_{std::move(first), std::move(rest)...} {}

  static void visit(auto&& f, auto&... tree) {
    detail::each<size>(
        [&](auto i) { Child<i>::visit(detail::at_position(i, f), std::get<i>(tree.layers_)...); });
  }
  static void visit_state(auto&& f, auto&... tree) {
    detail::each<size>([&](auto i) {
      descent::visit_state<Child<i>>(detail::at_position(i, f), std::get<i>(tree.layers_)...);
    });
  }

  Shape output_shape(Shape shape) const {
    detail::each<size>([&](auto i) { shape = detail::shape_in_chain(std::get<i>(layers_), i, shape); });
    return shape;
  }

  OutputKind output_kind() const { return descent::output_kind(std::get<size - 1>(layers_)); }

  Batch<Scalar> forward(const Batch<Scalar>& x, Cache& c, const Pass& pass) const {
    c.outputs->back() = {};  // if a layer throws, the others' outputs are those of two passes
    detail::each<size>([&](auto i) {
      (*c.outputs)[i].assign([&] {
        return detail::forward_in_chain(std::get<i>(layers_), i, input(x, c, i), std::get<i>(c.layers), pass);
      });
    });
    return c.outputs->back();
  }

  Batch<Scalar> backward(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Sequential& gradient,
                         const Pass& pass) const {
    return backward_to_first<size - 1>(x, dy, c, gradient, pass, [&](const Batch<Scalar>& d) {
      return std::get<0>(layers_).backward(x, d, std::get<0>(c.layers), std::get<0>(gradient.layers_),
                                           pass.inside(0));
    });
  }
  void backward_parameters(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Sequential& gradient,
                           const Pass& pass) const {
    backward_to_first<size - 1>(x, dy, c, gradient, pass, [&](const Batch<Scalar>& d) {
      descent::backward_parameters(std::get<0>(layers_), x, d, std::get<0>(c.layers),
                                   std::get<0>(gradient.layers_), pass.inside(0));
    });
  }

  void update_state(const Cache& c) {
    detail::each<size>([&](auto i) { descent::update_state(std::get<i>(layers_), std::get<i>(c.layers)); });
  }

  /// Calls f(name, y) with what each layer computed in the last forward pass, those within a composition before its own.
  void visit_outputs(const Cache& c, auto&& f) const {
    expect_forward(c);
    detail::each<size>([&](auto i) {
      detail::visit_outputs_of(std::get<i>(layers_), detail::Position{i}, std::get<i>(c.layers),
                               (*c.outputs)[i], f);
    });
  }

  /// Calls f(position, layer) for each layer.
  void visit_layers(auto&& f) const {
    detail::each<size>([&](auto i) { f(std::to_string(i), std::get<i>(layers_)); });
  }

  /// The layer at position `I`.
  template <std::size_t I>
  auto& layer() {
    return std::get<I>(layers_);
  }
  template <std::size_t I>
  const auto& layer() const {
    return std::get<I>(layers_);
  }

 private:
  template <std::size_t I>
  using Child = std::tuple_element_t<I, std::tuple<First, Rest...>>;

  static const Batch<Scalar>& input(const Batch<Scalar>& x, const Cache& c, std::size_t i) {
    return i == 0 ? x : (*c.outputs)[i - 1];
  }

  static void expect_forward(const Cache& c) {
    if (c.outputs->back().rows() == 0) detail::throw_without_forward(name);
  }

  /// Backward through layer i and those before it but the first; returns first(dL/dy of the first). Recursive, so that
  /// each dx is the argument of the next call and is copied nowhere.
  template <std::size_t i>
  auto backward_to_first(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Sequential& gradient,
                         const Pass& pass, auto&& first) const {
    if constexpr (i == size - 1) expect_forward(c);
    if constexpr (i == 0)
      return first(dy);
    else
      return backward_to_first<i - 1>(
          x,
          std::get<i>(layers_).backward(input(x, c, i), dy, std::get<i>(c.layers),
                                        std::get<i>(gradient.layers_), pass.inside(i)),
          c, gradient, pass, first);
  }

  std::tuple<First, Rest...> layers_;
};

template <class First, class... Rest>
Sequential(First, Rest...) -> Sequential<First, Rest...>;

}  // namespace descent
