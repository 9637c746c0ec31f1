#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent {

namespace detail {

/// Identifies a type as typeid does, and without the compiler's information on types, which -fno-rtti leaves out.
using TypeId = const void*;
template <class Type>
TypeId type_id() {
  static char unique;
  return &unique;
}

}  // namespace detail

/// A layer of any type, held by value: a copy is a copy of the layer. A layer itself.
template <std::floating_point T = float>
class AnyLayer {
  struct Interface;
  struct AnyCache {
    virtual ~AnyCache() = default;
    virtual detail::TypeId type() const = 0;
  };

 public:
  using Scalar = T;
  class Cache {
    friend AnyLayer;
    std::unique_ptr<AnyCache> held_;
  };

  // L::Cache is asked for first: to ask if a part of a std::tuple of AnyLayers can be copied comes back
  // to this question.
  template <class L>
    requires(!std::same_as<L, AnyLayer>) && requires { typename L::Cache; } && LayerOf<L, T>
  AnyLayer(L layer) : self_{std::make_unique<Held<L>>(std::move(layer))} {
    static_assert(has_valid_hooks<L>);
  }
  AnyLayer(const AnyLayer& other) : self_{other.self_->clone()} {}
  AnyLayer(AnyLayer&&) noexcept = default;
  AnyLayer& operator=(AnyLayer other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }
  ~AnyLayer() = default;

  static void visit(auto&& f, auto& first, auto&... rest) { traverse<Kind::parameter>(f, first, rest...); }
  static void visit_state(auto&& f, auto& first, auto&... rest) { traverse<Kind::state>(f, first, rest...); }

  LayerDescription describe() const { return self_->describe(); }
  OutputKind output_kind() const { return self_->output_kind(); }
  Shape output_shape(const Shape& in) const { return self_->output_shape(in); }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const { return self_->forward(x, c, pass); }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, AnyLayer& gradient,
                    const Pass& pass) const {
    return self_->backward(x, dy, c, *gradient.self_, pass);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, AnyLayer& gradient,
                           const Pass& pass) const {
    self_->backward_parameters(x, dy, c, *gradient.self_, pass);
  }
  void update_state(const Cache& c) { self_->update_state(c); }
  void visit_outputs(const Cache& c, auto&& f) const { self_->visit_outputs(c, f); }

  /// The layer inside if it is an `L`, else nullptr.
  template <LayerOf<T> L>
  L* get_if() {
    return holds<L>() ? &static_cast<Held<L>&>(*self_).layer : nullptr;
  }
  template <LayerOf<T> L>
  const L* get_if() const {
    return holds<L>() ? &static_cast<const Held<L>&>(*self_).layer : nullptr;
  }

 private:
  template <class L>
  bool holds() const {
    return self_ != nullptr && self_->type() == detail::type_id<L>();
  }

  enum class Kind : unsigned char { parameter, state };
  using Visitor = FunctionRef<void(const Leaf<T>&)>;

  struct Interface {
    virtual ~Interface() = default;
    virtual detail::TypeId type() const = 0;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual LayerDescription describe() const = 0;
    virtual OutputKind output_kind() const = 0;
    virtual Shape output_shape(const Shape&) const = 0;
    virtual Batch<T> forward(const Batch<T>&, Cache&, const Pass&) const = 0;
    virtual Batch<T> backward(const Batch<T>&, const Batch<T>&, Cache&, Interface&, const Pass&) const = 0;
    virtual void backward_parameters(const Batch<T>&, const Batch<T>&, Cache&, Interface&,
                                     const Pass&) const = 0;
    virtual void update_state(const Cache&) = 0;
    virtual void visit_outputs(const Cache&, FunctionRef<void(const Name&, const Batch<T>&)>) const = 0;
    virtual void visit(Kind, Visitor) = 0;
  };

  template <class L>
  struct Held final : Interface {
    struct HeldCache final : AnyCache {
      detail::TypeId type() const override { return detail::type_id<L>(); }
      typename L::Cache value;
    };

    explicit Held(L l) : layer{std::move(l)} {}
    detail::TypeId type() const override { return detail::type_id<L>(); }
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(*this); }
    LayerDescription describe() const override { return descent::describe(layer); }
    OutputKind output_kind() const override { return descent::output_kind(layer); }
    Shape output_shape(const Shape& in) const override { return layer.output_shape(in); }
    Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const override {
      return layer.forward(x, cache(c), pass);
    }
    Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Interface& gradient,
                      const Pass& pass) const override {
      return layer.backward(x, dy, cache(c), same(gradient).layer, pass);
    }
    void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Interface& gradient,
                             const Pass& pass) const override {
      descent::backward_parameters(layer, x, dy, cache(c), same(gradient).layer, pass);
    }
    void update_state(const Cache& c) override {
      if (const auto* held = held_in(c)) descent::update_state(layer, held->value);
    }
    void visit_outputs([[maybe_unused]] const Cache& c,
                       [[maybe_unused]] FunctionRef<void(const Name&, const Batch<T>&)> f) const override {
      if constexpr (requires { layer.visit_outputs(std::declval<const typename L::Cache&>(), f); })
        if (const auto* held = held_in(c)) layer.visit_outputs(held->value, f);
    }
    void visit(Kind kind, Visitor f) override {
      const auto each = [&](const Parameter& p, auto& numbers) { f({p, numbers}); };
      if (kind == Kind::parameter)
        L::visit(each, layer);
      else
        descent::visit_state<L>(each, layer);
    }

    /// The cache of an `L`, made when it is first needed, and anew when the cache served another type.
    static typename L::Cache& cache(Cache& c) {
      if (held_in(c) == nullptr) c.held_ = std::make_unique<HeldCache>();
      return static_cast<HeldCache&>(*c.held_).value;
    }
    static const HeldCache* held_in(const Cache& c) {
      if (!c.held_ || c.held_->type() != detail::type_id<L>()) return nullptr;
      return static_cast<const HeldCache*>(c.held_.get());
    }
    static Held& same(Interface& other) {
      expect_same_type(other.type() == detail::type_id<L>());
      return static_cast<Held&>(other);
    }

    L layer;
  };

  static void expect_same_type(bool same) {
    if (!same)
      throw ShapeError("AnyLayer", "expected layers of one type at the same place, got two types",
                       "make gradient and optimizer state from the model that is trained");
  }

  /// Leaf by leaf: the first tree names each, the others look up theirs by number. Looking up costs a walk
  /// through the layer, which is short, and spares lists that would have to be kept in step with it.
  template <Kind kind>
  static void traverse(auto& f, auto& first, auto&... rest) {
    (expect_same_type(first.self_->type() == rest.self_->type()), ...);
    Index k = 0;
    first.self_->visit(kind, [&](const Leaf<T>& leaf) {
      if (leaf.is_vector)
        call(f, leaf.parameter, as_vector(first, leaf), as_vector(rest, nth(rest, kind, k))...);
      else
        call(f, leaf.parameter, as_matrix(first, leaf), as_matrix(rest, nth(rest, kind, k))...);
      ++k;
    });
  }

  static TensorView<T> nth(auto& tree, Kind kind, Index k) {
    TensorView<T> found;
    tree.self_->visit(kind, [&](const Leaf<T>& leaf) {
      if (k-- == 0) found = leaf;
    });
    return found;
  }

  /// The leaves of a const tree are const.
  template <class Tree, class M>
  using ConstAs = std::conditional_t<std::is_const_v<Tree>, const M, M>;
  template <class Tree>
  static auto as_matrix(Tree&, const TensorView<T>& leaf) {
    return Eigen::Map<ConstAs<Tree, Matrix<T>>>{leaf.data, leaf.rows, leaf.cols};
  }
  template <class Tree>
  static auto as_vector(Tree&, const TensorView<T>& leaf) {
    return Eigen::Map<ConstAs<Tree, Vector<T>>>{leaf.data, leaf.rows};
  }

  static void call(auto& f, const Parameter& p, auto... leaf) { f(p, leaf...); }

  std::unique_ptr<Interface> self_;
};

}  // namespace descent
