#pragma once

#include <array>
#include <concepts>
#include <string>
#include <tuple>
#include <utility>

#include "descent/core/backward.hpp"
#include "descent/core/concepts.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/core/scratch.hpp"
#include "descent/models/chain.hpp"

namespace descent {

/// Layers one behind another, known when the program is compiled. A layer itself, so chains nest.
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
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the layers of a Sequential share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Sequential";
  using Scalar = typename First::Scalar;
  static constexpr std::size_t size = 1 + sizeof...(Rest);

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> layers;
    Scratch<std::array<const Matrix<Scalar>*, size>> outputs;  // which point into `layers`
  };

  explicit Sequential(First first, Rest... rest) : layers_{std::move(first), std::move(rest)...} {}

  static void visit(auto&& f, auto&... tree) {
    detail::each<size>(
        [&](auto i) { Child<i>::visit(detail::at_position(i, f), std::get<i>(tree.layers_)...); });
  }
  static void visit_buffers(auto&& f, auto&... tree) {
    detail::each<size>([&](auto i) {
      descent::visit_buffers<Child<i>>(detail::at_position(i, f), std::get<i>(tree.layers_)...);
    });
  }

  Shape output_shape(Shape shape) const {
    detail::each<size>([&](auto i) { shape = detail::shape_in_chain(std::get<i>(layers_), i, shape); });
    return shape;
  }

  OutputKind output_kind() const { return descent::output_kind(std::get<size - 1>(layers_)); }

  const Matrix<Scalar>& forward(Batch<Scalar> x, Cache& c, const Pass& pass) const {
    c.outputs->back() = nullptr;  // should a layer throw, the others' outputs are those of two passes
    detail::each<size>([&](auto i) {
      (*c.outputs)[i] =
          &detail::forward_in_chain(std::get<i>(layers_), i, input(x, c, i), std::get<i>(c.layers), pass);
    });
    return *c.outputs->back();
  }

  const Matrix<Scalar>& backward(Batch<Scalar> x, Batch<Scalar> dy, Cache& c, Sequential& gradient) const {
    return std::get<0>(layers_).backward(x, behind_first(x, dy, c, gradient), std::get<0>(c.layers),
                                         std::get<0>(gradient.layers_));
  }
  void backward_parameters(Batch<Scalar> x, Batch<Scalar> dy, Cache& c, Sequential& gradient) const {
    descent::backward_parameters(std::get<0>(layers_), x, behind_first(x, dy, c, gradient),
                                 std::get<0>(c.layers), std::get<0>(gradient.layers_));
  }

  /// Calls f(position, y) with what each layer gave in the last forward pass.
  void visit_outputs(const Cache& c, auto&& f) const {
    expect_forward(c);
    for (std::size_t i = 0; i < size; ++i) f(std::to_string(i), *(*c.outputs)[i]);
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

  static Batch<Scalar> input(Batch<Scalar> x, const Cache& c, std::size_t i) {
    return i == 0 ? x : Batch<Scalar>{*(*c.outputs)[i - 1]};
  }

  static void expect_forward(const Cache& c) {
    if (c.outputs->back() == nullptr) detail::throw_without_forward(name);
  }

  /// Backward through all layers but the first; returns dL/dy of the first.
  Batch<Scalar> behind_first(Batch<Scalar> x, Batch<Scalar> dy, Cache& c, Sequential& gradient) const {
    expect_forward(c);
    const Matrix<Scalar>* d = nullptr;
    detail::each<size>([&](auto forwards) {
      constexpr std::size_t i = size - 1 - forwards;
      if constexpr (i > 0)
        d = &std::get<i>(layers_).backward(input(x, c, i), d ? Batch<Scalar>{*d} : dy, std::get<i>(c.layers),
                                           std::get<i>(gradient.layers_));
    });
    return d ? Batch<Scalar>{*d} : dy;
  }

  std::tuple<First, Rest...> layers_;
};

}  // namespace descent
