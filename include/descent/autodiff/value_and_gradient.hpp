#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "descent/autodiff/graph.hpp"
#include "descent/autodiff/operands.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/not_copied.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

template <std::floating_point T>
void expect_number(const Variable<T>& cost) {
  if (!cost.is_scalar())
    throw_error<ShapeError>("value_and_gradient", {"expected a cost of one number, got ", shape_text(cost)},
                            "end the formula in a sum or a mean");
}

}  // namespace detail

/// Computes a cost that is a formula, and dJ/dparameter, which overwrites the parameters of `gradient`.
///
///   Graph<float> graph;
///   const double J = value_and_gradient(model, gradient, graph, [&](const Model& m, auto& g) {
///     return mean(square(m.w * g.input(x) - g.input(y)));
///   });
///
/// Throws   ShapeError when the cost is not a single number. An exception leaves the gradient unchanged.
/// Cost     about 40 ns more for each operation than the same computations by hand.
/// Example  examples/20_autodiff.cpp
template <Parameterized M, std::floating_point T, class F>
double value_and_gradient(const M& model, M& gradient, Graph<T>& graph, F&& cost,
                          Workers& workers = single_thread) {
  static_assert(std::invocable<F&, const M&, Graph<T>&>,
                "a cost is called with (const Model& model, auto& graph)");
  if constexpr (std::invocable<F&, const M&, Graph<T>&>) {
    static_assert(std::same_as<std::invoke_result_t<F&, const M&, Graph<T>&>, Variable<T>>,
                  "a cost returns a variable of its graph; return mean(...) or the like, not its value");
    if constexpr (std::same_as<std::invoke_result_t<F&, const M&, Graph<T>&>, Variable<T>>) {
      graph.begin(model, workers);
      const Variable<T> y = cost(model, graph);
      detail::expect_number(y);
      const auto value = static_cast<double>(y.value()(0));
      graph.backward(y, detail::one<T>(), gradient);
      return value;
    }
  }
}

/// A cost that is a formula, in the form that `minimize` takes. Holds working memory that is not copied: each thread
/// needs its own copy.
template <class F>
class WithGradient {
 public:
  explicit WithGradient(F cost) : cost_{std::move(cost)} {}

  template <Parameterized M>
  double operator()(const M& model, M& gradient) {
    if constexpr (std::same_as<typename M::Scalar, double>)
      return value_and_gradient(model, gradient, *double_, cost_);
    else
      return value_and_gradient(model, gradient, *float_, cost_);
  }

 private:
  F cost_;
  NotCopied<Graph<double>> double_;
  NotCopied<Graph<float>> float_;
};

/// Returns a cost with its gradient:  minimize(model, with_gradient(cost), Adam{})
///
///   const auto cost = [](const Number& at, auto& g) {
///     const auto w = g.parameter(at.w);
///     return w * w - 10 * w + 25;
///   };
template <class F>
WithGradient<F> with_gradient(F cost) {
  return WithGradient<F>{std::move(cost)};
}

}  // namespace descent
