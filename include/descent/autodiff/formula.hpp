#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "descent/autodiff/apply.hpp"
#include "descent/autodiff/described_formula.hpp"
#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// The base of layers that are written as a formula: `Derived` has its parameters, `visit`, and the formula. forward,
/// backward and output_shape follow from it.
///
///   template <std::floating_point T = float>
///   struct Highway : Formula<Highway<T>, T> {
///     static void visit(auto&& f, auto&... tree) { ... }
///     Variable<T> formula(Variable<T> x, const Pass& pass) const {
///       const auto t = sigmoid(gate * x + gate_bias);
///       return cwise_product(t, tanh(weight * x + bias)) + cwise_product(1 - t, x);
///     }
///     Matrix<T> weight, gate;
///     Vector<T> bias, gate_bias;
///   };
///
/// A matrix or vector of the layer beside a variable is a parameter. A layer that has layers names their parameters by
/// `Dense<T>::visit(under("encoder", f), tree.encoder...)`, their state in the same way in `visit_state`, and applies
/// them by `apply(encoder, x, pass)`. Statistics over the samples see the whole mini-batch, with any number of threads.
///
/// Throws   ShapeError when the formula does not take x, or does not return a column for each sample.
/// Cost     that of a layer with backward written by hand, and about 40 ns for each operation; memory for the value of
///          each operation and for its slope.
/// Example  examples/20_autodiff.cpp
template <class Derived, std::floating_point T = float>
class Formula {
 public:
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  struct Cache {
    Graph<T> graph;
    Index x = -1, y = -1;  // the nodes of the input and of the result; -1 before forward
  };

  /// Layers without state need not name it.
  static void visit_state(auto&&, auto&...) {}

  /// Runs the formula on a sample of zeros.
  Shape output_shape(const Shape& in) const {
    Cache cache;
    const auto sample = filled<Matrix<T>>(component(), in.size(), 1, T(0));
    return forward({sample, in}, cache, Pass::inference()).shape();
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    c.y = -1;
    c.graph.begin(self(), pass.workers());
    const Variable<T> input = c.graph.input(x);
    const Variable<T> y = result(input, pass);
    if (y.cols() != x.samples())
      throw_error<ShapeError>(component(),
                              {"expected a formula that returns a column for each of ", x.samples(),
                               " samples, got ", detail::shape_text(y)},
                              "reduce over features only: mean(..., Over::features)");
    c.x = input.number();
    c.y = c.graph.number(y);
    return y.value();
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived& gradient,
                    const Pass& pass) const {
    run_backward(x, dy, c, gradient, pass, true);
    return c.graph.gradient(c.graph.variable(c.x));
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived& gradient,
                           const Pass& pass) const {
    run_backward(x, dy, c, gradient, pass, false);
  }

  void update_state(const Cache& c) { descent::update_state(static_cast<Derived&>(*this), c.graph); }

  /// Calls f(name, y) for each operation, which is named by its number, as in `exp_7`, or by the path of the layer that
  /// it applies, whose layers come before.
  void visit_outputs(const Cache& c, auto&& f) const {
    for (Index i = 0; i < c.graph.size(); ++i) {
      const Node<T>& n = c.graph.node(i);
      if (n.layer() != nullptr)
        n.layer()->visit_outputs(n.layer()->path(c.graph, i), n.value, f);
      else if (n.kind == NodeKind::operation)
        f(Name{detail::joined({n.operation.name, '_', i})}, n.value);
    }
  }
  LayerDescription describe() const {
    LayerDescription description = detail::describe_itself(self());
    description.formula = std::make_shared<const detail::DescribedFormula<Derived>>(self());
    return description;
  }

 private:
  static constexpr std::string_view component() {
    if constexpr (requires { Derived::name; })
      return Derived::name;
    else
      return "Formula";
  }
  const Derived& self() const { return static_cast<const Derived&>(*this); }

  Variable<T> result(const Variable<T>& x, const Pass& pass) const {
    constexpr bool is_formula = requires {
      { self().formula(x, pass) } -> std::same_as<Variable<T>>;
    };
    static_assert(is_formula, "a Formula needs: Variable<T> formula(Variable<T> x, const Pass& pass) const");
    if constexpr (is_formula)
      return self().formula(x, pass);
    else
      return x;
  }

  void run_backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Derived& gradient, const Pass& pass,
                    bool wants_dx) const {
    if (c.y < 0)
      throw ShapeError(component(), "expected the cache of a forward pass, got another cache",
                       "call forward with this cache first");
    const Variable<T> input = c.graph.variable(c.x), y = c.graph.variable(c.y);
    expect_backward(component(), input.rows(), x, dy, y.value());
    if (x.cols() != input.cols() || dy.rows() != y.rows())
      expect_backward(component(), {input.rows(), y.rows()}, x, dy, Matrix<T>(0, 0));
    c.graph.use(pass.workers());
    c.graph.want(input, wants_dx);
    c.graph.backward(y, dy, gradient);
  }
};

/// A layer without parameters from a function of variables. `lambda` creates one.
template <class F, std::floating_point T = float>
class Lambda : public Formula<Lambda<F, T>, T> {
 public:
  static constexpr std::string_view name = "Lambda";

  explicit Lambda(F f) : formula_{std::make_shared<const F>(std::move(f))} {}

  static void visit(auto&&, auto&...) {}
  Variable<T> formula(Variable<T> x, [[maybe_unused]] const Pass& pass) const {
    if constexpr (std::invocable<const F&, Variable<T>, const Pass&>)
      return (*formula_)(x, pass);
    else
      return (*formula_)(x);
  }

 private:
  std::shared_ptr<const F> formula_;  // a pointer, since closures with captures cannot be assigned
};

/// Returns a layer without parameters:  lambda([](auto x) { return cwise_product(x, sigmoid(x)); })
template <std::floating_point T = float, class F>
Lambda<F, T> lambda(F formula) {
  return Lambda<F, T>{std::move(formula)};
}

}  // namespace descent
