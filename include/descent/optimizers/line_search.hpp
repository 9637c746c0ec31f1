#pragma once

#include <cstdint>
#include <limits>

#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the inner product of all parameters of a and b.
template <Parameterized M>
double dot(const M& a, const M& b) {
  double sum = 0;
  visit_flat([&](auto x, auto y) { sum += static_cast<double>((x * y).sum()); }, a, b);
  return sum;
}

/// A point, with the objective and its gradient there.
template <Parameterized M>
struct Evaluated {
  M model, gradient;
  double value;
};

/// Searches along d for a step length t that satisfies the weak Wolfe conditions, by doubling and bisection.
///
///   f(t) <= f(0) + c1 t f'(0)      f'(t) >= c2 f'(0)      c1 = 1e-4, c2 = 0.9
///
/// Such a t gives L-BFGS a pair of positive curvature. The objective may have kinks, such as those of ReLU.
///
/// Returns the step length and leaves the new point in `to`, or returns 0 if no lower point was found.
///
/// Source   Lewis, Overton: Nonsmooth optimization via quasi-Newton methods (Mathematical Programming 141,
///          2013), algorithm 2.6
template <Parameterized M>
double line_search(const M& model, const M& gradient, double value, const M& d, double first_length,
                   FunctionRef<double(const M&, M&)> objective, Evaluated<M>& to) {
  constexpr int most_trials = 50;
  constexpr double unbounded = std::numeric_limits<double>::max();
  const auto evaluate = [&](double t) {
    visit_flat([&](auto w, auto w0, auto along) { w = w0 + typename M::Scalar(t) * along; }, to.model, model,
               d);
    to.value = objective(to.model, to.gradient);
  };
  const double slope = dot(gradient, d);
  double low = 0, high = unbounded, t = first_length;
  for (int k = 0; k < most_trials && t > 0 && is_finite(t); ++k) {
    evaluate(t);
    if (!is_finite(to.value) || to.value > value + 1e-4 * t * slope)
      high = t;
    else if (dot(to.gradient, d) < 0.9 * slope)
      low = t;
    else
      return t;
    t = high < unbounded ? (low + high) / 2 : 2 * low;
  }
  if (low > 0) evaluate(low);  // lower, but f'(t) is still too steep
  return is_finite(to.value) ? low : 0;
}

}  // namespace descent::detail
