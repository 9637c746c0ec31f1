#pragma once

#include <array>
#include <concepts>
#include <string_view>
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

namespace descent::inline DESCENT_ABI {

/// A chain of layers whose types are known at compile time. It is a layer itself, so chains nest.
///
///   y = layer_n(... layer_1(layer_0(x)))
///
/// A layer is named by its position, counted from 0, so that parameters are named `0.weight`, `1.gamma`, and so on.
/// `DynamicSequential` holds a chain that is built at run time; both compute the same bits.
///
/// Throws   ShapeError, which names the layer, when a layer does not take the output of the one before it.
/// Cost     that of its layers.
/// Example  examples/01_digits.cpp
template <class First, class... Rest>
class Sequential : public detail::LayerTuple<First, Rest...> {
  using Layers = detail::LayerTuple<First, Rest...>;

  // Assertions, not constraints: the first error then says which part of Layer a type lacks.
  static_assert(Layer<First>, "the first part of this Sequential is not a Layer");
  static_assert((Layer<Rest> && ...), "a part of this Sequential is not a Layer");
  static_assert(has_valid_hooks<First> && (has_valid_hooks<Rest> && ...));
  static_assert((std::same_as<typename Rest::Scalar, typename First::Scalar> && ...),
                "the layers of a Sequential share one Scalar: all float or all double");

 public:
  static constexpr std::string_view name = "Sequential";
  using Scalar = typename First::Scalar;
  using Layers::size;

  struct Cache {
    std::tuple<typename First::Cache, typename Rest::Cache...> layers;
    NotCopied<std::array<Batch<Scalar>, size>> outputs;  // views, mostly of the memory of `layers`
  };

  // Only an exact `First`: a `Sequential` converts to `AnyLayer`, which would hijack the copy constructor.
  template <std::same_as<First> F>
  explicit Sequential(F first, Rest... rest) : Layers{std::move(first), std::move(rest)...} {}

  Shape output_shape(Shape shape) const {
    detail::each<size>([&](auto i) { shape = detail::shape_in_chain(layer<i>(), i, shape); });
    return shape;
  }

  OutputKind output_kind() const { return descent::output_kind(layer<size - 1>()); }

  Batch<Scalar> forward(const Batch<Scalar>& x, Cache& c, const Pass& pass) const {
    c.outputs->back() = {};  // stays empty if a layer throws: the outputs are then of two different passes
    detail::each<size>([&](auto i) {
      (*c.outputs)[i].assign([&] {
        return detail::forward_in_chain(layer<i>(), i, input(x, c, i), std::get<i>(c.layers), pass);
      });
    });
    return c.outputs->back();
  }

  Batch<Scalar> backward(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Sequential& gradient,
                         const Pass& pass) const {
    return layer<0>().backward(x, backward_to<size - 1>(0, x, dy, c, gradient, pass), std::get<0>(c.layers),
                               gradient.layer<0>(), pass.inside(0));
  }
  void backward_parameters(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Sequential& gradient,
                           const Pass& pass) const {
    const std::size_t first = pass.first_trained();
    const Batch<Scalar> d = backward_to<size - 1>(first, x, dy, c, gradient, pass);
    if (first == 0)
      descent::backward_parameters(layer<0>(), x, d, std::get<0>(c.layers), gradient.layer<0>(),
                                   pass.inside(0));
  }

  void update_state(const Cache& c) { Layers::update_state(c.layers); }

  /// Calls f(name, y) with the output of each layer in the last forward pass; for a composition, its layers come first.
  void visit_outputs(const Cache& c, auto&& f) const {
    expect_forward(c);
    Layers::visit_outputs(c.layers, *c.outputs, f);
  }

  /// The layer at position `I`.
  template <std::size_t I>
  auto& layer() {
    return std::get<I>(this->layers_);
  }
  template <std::size_t I>
  const auto& layer() const {
    return std::get<I>(this->layers_);
  }

 private:
  static const Batch<Scalar>& input(const Batch<Scalar>& x, const Cache& c, std::size_t i) {
    return i == 0 ? x : (*c.outputs)[i - 1];
  }

  static void expect_forward(const Cache& c) {
    if (c.outputs->back().rows() == 0) detail::throw_without_forward(name);
  }

  /// Runs backward through the layers i, i - 1, ..., but not beyond `first` and not through layer 0, and returns the last
  /// dx. Recursive, so that each dx is the argument of the next call.
  template <std::size_t i>
  Batch<Scalar> backward_to(std::size_t first, const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c,
                            Sequential& gradient, const Pass& pass) const {
    if constexpr (i == size - 1) expect_forward(c);
    if constexpr (i > 0)
      if (i >= first)
        return backward_to<i - 1>(first, x,
                                  layer<i>().backward(input(x, c, i), dy, std::get<i>(c.layers),
                                                      gradient.layer<i>(), pass.inside(i)),
                                  c, gradient, pass);
    return dy;
  }
};

template <class First, class... Rest>
Sequential(First, Rest...) -> Sequential<First, Rest...>;

}  // namespace descent
