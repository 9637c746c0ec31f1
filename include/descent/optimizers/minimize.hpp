#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/lbfgs.hpp"

namespace descent {

/// When `minimize` stops.
struct MinimizeOptions {
  std::int64_t steps = 1000;         ///< at the latest after so many
  double gradient_tolerance = 1e-6;  ///< when no |dw| is larger
};

/// What `minimize` found.
struct Minimum {
  double cost;               ///< where it stopped
  std::int64_t steps;        ///< taken
  std::int64_t evaluations;  ///< of cost and gradient
  bool converged;            ///< whether the gradient met the tolerance
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
    throw NumericalError("minimize", concat("expected a finite cost, got ", cost, " after ", steps, " steps"),
                         "start elsewhere, or lower the learning rate");
}

/// Looks along d for a step length t that brings the cost down enough and leaves the slope less steep, by
/// doubling and halving: f(t) <= f(0) + c1 t f'(0) and f'(t) >= c2 f'(0), the weak Wolfe conditions. Any t that
/// meets them gives L-BFGS upward curvature. Corners, as of ReLU, do not disturb it.
///
/// Source   Lewis, Overton: Nonsmooth optimization via quasi-Newton methods (Mathematical Programming 141,
///          2013), algorithm 2.6
template <Parameterized M, class F>
class LineSearch {
 public:
  LineSearch(const M& model, F& cost_and_gradient)
      : trial{model}, gradient{zeros_like(model)}, f_{cost_and_gradient} {}

  /// Whether there was one. Leaves the new point, its gradient and its cost.
  bool search(const M& from, const M& d, const M& gradient_there, double cost_there, double t) {
    const double slope = dot(gradient_there, d);
    constexpr double unbounded = std::numeric_limits<double>::max();
    double low = 0, high = unbounded;
    for (int k = 0; k < most_trials && t > 0 && is_finite(t); ++k) {
      move(from, d, t);
      if (!is_finite(cost) || cost > cost_there + 1e-4 * t * slope) {
        high = t;
      } else if (dot(gradient, d) < 0.9 * slope) {
        low = t;
      } else {
        length = t;
        return true;
      }
      t = high < unbounded ? (low + high) / 2 : 2 * low;
    }
    if (low > 0) move(from, d, low);  // down at least
    length = low;
    return low > 0 && is_finite(cost);
  }

  M trial, gradient;
  double cost = 0, length = 0;
  std::int64_t evaluations = 0;

 private:
  static constexpr int most_trials = 50;

  void move(const M& from, const M& d, double t) {
    visit_flat([&](auto w, auto w0, auto along) { w = w0 + typename M::Scalar(t) * along; }, trial, from, d);
    cost = f_(std::as_const(trial), gradient);
    ++evaluations;
  }

  F& f_;
};

}  // namespace detail

/// Minimises any cost of parameters.
///
///   Minimum at = minimize(model, [](const Model& m, Model& gradient) { ...; return cost; }, Adam{});
///   minimize(model, cost_and_gradient, LBFGS{}, {.steps = 200});
///
/// `cost_and_gradient` overwrites the parameters of the gradient with dJ/dparameter and returns J. An optimizer
/// takes a step for each evaluation; `LBFGS`, the default, searches for the length of each step and takes no
/// notice of its learning rate. Where its search finds nothing lower it stops, not converged.
///
/// Throws   DataError when an option is negative; NumericalError when the cost is not finite, with the model
///          where it was evaluated.
/// Cost     an evaluation a step; with L-BFGS a little more than one.
template <Parameterized M, class F, Optimizer<M> O = LBFGS>
  requires std::invocable<F&, const M&, M&>
Minimum minimize(M& model, F cost_and_gradient, const O& optimizer = {},
                 const MinimizeOptions& options = {}) {
  expect_not_negative({"minimize", "steps", static_cast<double>(options.steps)});
  expect_not_negative({"minimize", "gradient_tolerance", options.gradient_tolerance});
  auto state = optimizer.init(model);
  M gradient = zeros_like(model);
  Minimum at{.cost = cost_and_gradient(std::as_const(model), gradient),
             .steps = 0,
             .evaluations = 1,
             .converged = false};
  const auto arrived = [&] {
    detail::expect_finite_cost(at.cost, at.steps);
    return at.converged = detail::largest_entry(gradient) <= options.gradient_tolerance;
  };

  if constexpr (std::same_as<O, LBFGS>) {
    detail::LineSearch line{model, cost_and_gradient};
    while (!arrived() && at.steps < options.steps) {
      const double first_length = optimizer.find_direction(std::as_const(gradient), state);
      const bool found = line.search(model, state.last_step, gradient, at.cost, first_length);
      at.evaluations = 1 + line.evaluations;
      if (!found) break;
      visit_flat([&](auto s) { s *= typename M::Scalar(line.length); }, state.last_step);
      std::swap(model, line.trial);
      std::swap(gradient, line.gradient);
      at.cost = line.cost;
      ++at.steps;
      ++state.clock.step;
    }
  } else {
    while (!arrived() && at.steps < options.steps) {
      optimizer.step(model, std::as_const(gradient), state);
      at.cost = cost_and_gradient(std::as_const(model), gradient);
      ++at.evaluations;
      ++at.steps;
    }
  }
  return at;
}

}  // namespace descent
