#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <utility>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/lbfgs.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The stopping criteria of `minimize`.
struct MinimizeOptions {
  std::int64_t steps = 1000;         ///< maximum number of steps
  double gradient_tolerance = 1e-6;  ///< converged when the largest |dw| is at most this
};

/// The point at which `minimize` stopped.
struct Minimum {
  double cost;               ///< value of the objective
  std::int64_t steps;        ///< number of steps
  std::int64_t evaluations;  ///< number of evaluations of the objective
  bool converged;            ///< true if the gradient met the tolerance
};

namespace detail {

template <Parameterized M>
double largest_entry(const M& gradient) {
  double largest = 0;
  visit_flat(
      [&](auto dw) {
        if (dw.size() > 0) largest = std::max(largest, static_cast<double>(dw.abs().maxCoeff()));
      },
      gradient);
  return largest;
}

inline void expect_finite_cost(double cost, std::int64_t steps) {
  if (!is_finite(cost))
    throw NumericalError("minimize", joined("expected a finite cost, got ", cost, " after ", steps, " steps"),
                         "start elsewhere, or lower the learning rate");
}

}  // namespace detail

/// Minimizes any function of parameters.
///
///   Minimum at = minimize(model, [](const Model& m, Model& gradient) { ...; return cost; }, Adam{});
///   minimize(model, cost_and_gradient, LBFGS{}, {.steps = 200});
///
/// `cost_and_gradient` overwrites the parameters of the gradient with dJ/dparameter and returns J. An optimizer takes
/// one step per evaluation; a `LineSearchOptimizer` such as `LBFGS`, the default, searches for the length of each
/// step. If it finds no lower point, `minimize` stops without convergence.
///
/// Throws   DataError when an option is negative; NumericalError when the cost is not finite, which leaves the
///          model at the point of that evaluation.
/// Cost     one evaluation per step; slightly more with L-BFGS.
/// Example  examples/12_minimize.cpp
template <Parameterized M, class F, Optimizer<M> O = LBFGS>
  requires std::invocable<F&, const M&, M&>
Minimum minimize(M& model, F cost_and_gradient, const O& optimizer = {},
                 const MinimizeOptions& options = {}) {
  expect_not_negative({"minimize", "steps", static_cast<double>(options.steps)});
  expect_not_negative({"minimize", "gradient_tolerance", options.gradient_tolerance});
  Minimum at{.cost = 0, .steps = 0, .evaluations = 0, .converged = false};
  const auto count_and_evaluate = [&](const M& w, M& gradient) -> double {
    ++at.evaluations;
    return cost_and_gradient(w, gradient);
  };
  const FunctionRef<double(const M&, M&)> objective{count_and_evaluate};

  auto state = optimizer.init(model);
  M gradient = zeros_like(model);
  at.cost = objective(model, gradient);
  for (;; ++at.steps) {
    detail::expect_finite_cost(at.cost, at.steps);
    at.converged = detail::largest_entry(gradient) <= options.gradient_tolerance;
    if (at.converged || at.steps >= options.steps) return at;
    if constexpr (LineSearchOptimizer<O, M>) {
      if (!optimizer.line_search_step(model, gradient, at.cost, state, objective)) return at;
    } else {
      optimizer.step(model, std::as_const(gradient), state);
      at.cost = objective(model, gradient);
    }
  }
}

}  // namespace descent
