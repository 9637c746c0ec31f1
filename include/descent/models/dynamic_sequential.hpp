#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/models/any_layer.hpp"
#include "descent/models/chain.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
/// True if `L` has the scalar type `T`, or none: `DynamicSequential::add` then says that it is not a layer.
template <class L, class T>
constexpr bool scalar_is = true;
template <class L, class T>
  requires requires { typename L::Scalar; }
constexpr bool scalar_is<L, T> = std::same_as<typename L::Scalar, T>;
}  // namespace detail

/// A chain of layers that is built at run time. It is a layer itself, so chains nest.
///
///   DynamicSequential net;
///   for (const Index width : widths) net.add(Dense{in, width, rng}).add(ReLU{}), in = width;
///
/// Layers are named by position, and results are computed to the same bits, as in a `Sequential` of the same layers.
///
/// Throws   ShapeError when the chain has no layers; ShapeError, which names the layer, when a layer does not take the
///          output of the one before it.
/// Cost     that of its layers, and a virtual call for each of them.
template <std::floating_point T = float>
class DynamicSequential {
 public:
  static constexpr std::string_view name = "DynamicSequential";
  using Scalar = T;
  struct Cache {
    std::vector<typename AnyLayer<T>::Cache> layers;
    std::vector<Batch<T>> outputs;
  };

  explicit DynamicSequential(std::vector<AnyLayer<T>> layers = {}) : layers_{std::move(layers)} {}

  template <class First, class... Rest, class = std::enable_if_t<detail::scalar_is<First, T>>>
  explicit DynamicSequential(First first, Rest... rest) {
    add(std::move(first));
    (add(std::move(rest)), ...);
  }

  /// Appends a layer.
  template <class L>
  DynamicSequential& add(L layer) {
    // Assertions, not constraints: the first error then says which part of Layer a type lacks.
    static_assert(Layer<L>, "a part of this DynamicSequential is not a Layer");
    static_assert(has_valid_hooks<L>);
    static_assert(std::same_as<typename L::Scalar, T>,
                  "the layers of a DynamicSequential share its Scalar: all float or all double");
    layers_.push_back(std::move(layer));
    return *this;
  }

  static void visit(auto&& f, auto& first, auto&... rest) {
    (expect_as_many(first, rest), ...);
    for (std::size_t i = 0; i < first.layers_.size(); ++i)
      AnyLayer<T>::visit(detail::at_position(i, f), first.layers_[i], rest.layers_[i]...);
  }
  static void visit_state(auto&& f, auto& first, auto&... rest) {
    (expect_as_many(first, rest), ...);
    for (std::size_t i = 0; i < first.layers_.size(); ++i)
      AnyLayer<T>::visit_state(detail::at_position(i, f), first.layers_[i], rest.layers_[i]...);
  }

  Shape output_shape(Shape shape) const {
    expect_layers();
    for (std::size_t i = 0; i < layers_.size(); ++i) shape = detail::shape_in_chain(layers_[i], i, shape);
    return shape;
  }

  OutputKind output_kind() const {
    return layers_.empty() ? OutputKind::unknown : layers_.back().output_kind();
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_layers();
    c.layers.resize(layers_.size());
    c.outputs.resize(layers_.size());
    c.outputs.back() = {};  // stays empty if a layer throws: the outputs are then of two different passes
    for (std::size_t i = 0; i < layers_.size(); ++i)
      c.outputs[i].assign(
          [&] { return detail::forward_in_chain(layers_[i], i, input(x, c, i), c.layers[i], pass); });
    return c.outputs.back();
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, DynamicSequential& gradient,
                    const Pass& pass) const {
    expect_backward_of(c, gradient);
    return layers_[0].backward(x, backward_to(0, x, dy, c, gradient, pass), c.layers[0], gradient.layers_[0],
                               pass.inside(0));
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, DynamicSequential& gradient,
                           const Pass& pass) const {
    expect_backward_of(c, gradient);
    const std::size_t first = pass.first_trained();
    layers_[first].backward_parameters(input(x, c, first), backward_to(first, x, dy, c, gradient, pass),
                                       c.layers[first], gradient.layers_[first], pass.inside(first));
  }

  void update_state(const Cache& c) {
    expect_forward(c);
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].update_state(c.layers[i]);
  }

  /// Calls f(name, y) with the output of each layer in the last forward pass; for a composition, its layers come first.
  void visit_outputs(const Cache& c, auto&& f) const {
    expect_forward(c);
    for (std::size_t i = 0; i < layers_.size(); ++i)
      detail::visit_outputs_of(layers_[i], detail::Position{i}, c.layers[i], c.outputs[i], f);
  }

  /// Calls f(position, layer) for each layer.
  void visit_layers(auto&& f) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) f(std::to_string(i), layers_[i]);
  }

  std::size_t size() const { return layers_.size(); }
  /// The layer at a position. Throws ShapeError if the position is out of range.
  AnyLayer<T>& operator[](std::size_t i) { return layers_[checked(i)]; }
  const AnyLayer<T>& operator[](std::size_t i) const { return layers_[checked(i)]; }

 private:
  void expect_layers() const {
    if (layers_.empty()) throw ShapeError(name, "expected at least one layer, got none", "add layers to it");
  }
  void expect_forward(const Cache& c) const {
    if (c.layers.size() != layers_.size() || c.outputs.size() != layers_.size() ||
        (!layers_.empty() && c.outputs.back().rows() == 0))
      detail::throw_without_forward(name);
  }
  static void expect_as_many(const DynamicSequential& first, const DynamicSequential& other) {
    if (other.layers_.size() != first.layers_.size())
      throw ShapeError(
          name,
          detail::joined("expected ", first.layers_.size(), " layers in each, got ", other.layers_.size()),
          "make gradient and optimizer state from the model that is trained");
  }
  void expect_backward_of(const Cache& c, const DynamicSequential& gradient) const {
    expect_layers();
    expect_forward(c);
    expect_as_many(*this, gradient);
  }
  std::size_t checked(std::size_t i) const {
    if (i >= layers_.size())
      throw ShapeError(name,
                       detail::joined("expected the position of one of ", layers_.size(), " layers, got ", i),
                       "count the layers from 0");
    return i;
  }

  static const Batch<T>& input(const Batch<T>& x, const Cache& c, std::size_t i) {
    return i == 0 ? x : c.outputs[i - 1];
  }

  /// Runs backward through all layers after `first`, and returns dL/dy of that.
  Batch<T> backward_to(std::size_t first, const Batch<T>& x, const Batch<T>& dy, Cache& c,
                       DynamicSequential& gradient, const Pass& pass) const {
    Batch<T> d = dy;
    for (std::size_t i = layers_.size(); --i > first;)
      d = layers_[i].backward(input(x, c, i), d, c.layers[i], gradient.layers_[i], pass.inside(i));
    return d;
  }

  std::vector<AnyLayer<T>> layers_;
};

template <class First, class... Rest>
DynamicSequential(First, Rest...) -> DynamicSequential<typename First::Scalar>;

}  // namespace descent
