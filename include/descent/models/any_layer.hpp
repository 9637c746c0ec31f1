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
#include "descent/core/type_id.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A layer of any type, held by value: a copy of an `AnyLayer` is a copy of the layer. It is a layer itself.
///
///   AnyLayer<float> layer = Dense{784, 10, rng};
///   layer.get_if<Dense<float>>()->weight.setZero();
///
/// Throws   the errors of the layer; ShapeError when trees that are visited together hold layers of different types.
/// Cost     a virtual call for each pass; visiting several trees walks through each of the others once for each leaf.
template <std::floating_point T = float>
class AnyLayer {
  struct Interface;

 public:
  using Scalar = T;

  /// The cache of the layer that used it last, made on first use and again for a layer of another type.
  class Cache {
    friend AnyLayer;

    template <class L>
    typename L::Cache* get_if() const {
      return type_ == detail::type_id<L>() ? static_cast<typename L::Cache*>(value_.get()) : nullptr;
    }
    template <class L>
    typename L::Cache& get() {
      if (get_if<L>() == nullptr) {
        value_ = {new typename L::Cache(), [](void* p) { delete static_cast<typename L::Cache*>(p); }};
        type_ = detail::type_id<L>();
      }
      return *get_if<L>();
    }

    detail::TypeId type_ = nullptr;  // of the layer, not of its cache
    std::unique_ptr<void, void (*)(void*)> value_{nullptr, nullptr};
  };

  // L::Cache comes first, to rule out a std::tuple of AnyLayers: LayerOf asks if L can be copied, which for the tuple
  // depends on this constructor.
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

  /// The layer inside if it is an `L`, else nullptr.
  template <LayerOf<T> L>
  L* get_if() {
    return holds<L>() ? &static_cast<Held<L>&>(*self_).layer : nullptr;
  }
  template <LayerOf<T> L>
  const L* get_if() const {
    return holds<L>() ? &static_cast<const Held<L>&>(*self_).layer : nullptr;
  }

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
  static void visit(auto&& f, auto&... tree) { visit_together(Kind::parameter, f, tree...); }
  static void visit_state(auto&& f, auto&... tree) { visit_together(Kind::state, f, tree...); }

 private:
  enum class Kind : unsigned char { parameter, state };
  using LeafVisitor = FunctionRef<void(const Leaf<T>&)>;
  using OutputVisitor = FunctionRef<void(const Name&, const Batch<T>&)>;

  /// The operations of a layer whose type is not known. Virtual functions cannot be templates, so they take visitors as
  /// FunctionRef.
  struct Interface {
    const detail::TypeId type;

    explicit Interface(detail::TypeId id) : type{id} {}
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual LayerDescription describe() const = 0;
    virtual OutputKind output_kind() const = 0;
    virtual Shape output_shape(const Shape&) const = 0;
    virtual Batch<T> forward(const Batch<T>&, Cache&, const Pass&) const = 0;
    virtual Batch<T> backward(const Batch<T>&, const Batch<T>&, Cache&, Interface&, const Pass&) const = 0;
    virtual void backward_parameters(const Batch<T>&, const Batch<T>&, Cache&, Interface&,
                                     const Pass&) const = 0;
    virtual void update_state(const Cache&) = 0;
    virtual void visit_outputs(const Cache&, OutputVisitor) const = 0;
    virtual void visit(Kind, LeafVisitor) = 0;
  };

  template <class L>
  struct Held final : Interface {
    L layer;

    explicit Held(L l) : Interface{detail::type_id<L>()}, layer{std::move(l)} {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(*this); }
    LayerDescription describe() const override { return descent::describe(layer); }
    OutputKind output_kind() const override { return descent::output_kind(layer); }
    Shape output_shape(const Shape& in) const override { return layer.output_shape(in); }
    Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const override {
      return layer.forward(x, c.template get<L>(), pass);
    }
    Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Interface& gradient,
                      const Pass& pass) const override {
      return layer.backward(x, dy, c.template get<L>(), layer_in(gradient), pass);
    }
    void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Interface& gradient,
                             const Pass& pass) const override {
      descent::backward_parameters(layer, x, dy, c.template get<L>(), layer_in(gradient), pass);
    }
    void update_state(const Cache& c) override {
      if (const auto* cache = c.template get_if<L>()) descent::update_state(layer, *cache);
    }
    void visit_outputs([[maybe_unused]] const Cache& c, [[maybe_unused]] OutputVisitor f) const override {
      if constexpr (requires(const typename L::Cache& cache) { layer.visit_outputs(cache, f); })
        if (const auto* cache = c.template get_if<L>()) layer.visit_outputs(*cache, f);
    }
    void visit(Kind kind, LeafVisitor f) override {
      const auto each = [&](const Parameter& p, auto& numbers) { f({p, numbers}); };
      if (kind == Kind::parameter)
        L::visit(each, layer);
      else
        descent::visit_state<L>(each, layer);
    }

    /// The layer in `other`, which must be an L too.
    L& layer_in(Interface& other) const {
      expect_same_type(*this, other);
      return static_cast<Held&>(other).layer;
    }
  };

  template <class L>
  bool holds() const {
    return self_ != nullptr && self_->type == detail::type_id<L>();
  }

  static void expect_same_type(const Interface& a, const Interface& b) {
    if (a.type != b.type)
      throw ShapeError("AnyLayer", "expected layers of one type at the same position, got two types",
                       "make gradient and optimizer state from the model that is trained");
  }

  /// Visits several trees together. The virtual function visits one tree at a time, so for each leaf of the first tree
  /// the leaf of the same number is looked up in the others.
  static void visit_together(Kind kind, auto& f, auto& first, auto&... rest) {
    (expect_same_type(*first.self_, *rest.self_), ...);
    const auto call = [&f](const Parameter& p, auto... leaf) { f(p, leaf...); };
    Index k = 0;
    first.self_->visit(kind, [&](const Leaf<T>& leaf) {
      if (leaf.is_vector)
        call(leaf.parameter, map<Vector<T>>(first, leaf), map<Vector<T>>(rest, nth(rest, kind, k))...);
      else
        call(leaf.parameter, map<Matrix<T>>(first, leaf), map<Matrix<T>>(rest, nth(rest, kind, k))...);
      ++k;
    });
  }

  /// Leaf number k of a tree.
  static TensorView<T> nth(auto& tree, Kind kind, Index k) {
    TensorView<T> found;
    tree.self_->visit(kind, [&](const Leaf<T>& leaf) {
      if (k-- == 0) found = leaf;
    });
    return found;
  }

  /// The numbers of a leaf as a vector or a matrix M. The virtual function drops the const of a const tree, and the map
  /// restores it.
  template <class M, class Tree>
  static auto map(Tree&, const TensorView<T>& leaf) {
    using Numbers = std::conditional_t<std::is_const_v<Tree>, const M, M>;
    if constexpr (M::ColsAtCompileTime == 1)
      return Eigen::Map<Numbers>{leaf.data, leaf.rows};
    else
      return Eigen::Map<Numbers>{leaf.data, leaf.rows, leaf.cols};
  }

  std::unique_ptr<Interface> self_;
};

}  // namespace descent
