#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "descent/autodiff/dual.hpp"
#include "descent/layers/activations/activation.hpp"

namespace descent {

/// An activation of your own, from its formula alone. The derivative comes from it by itself, through `Dual`
/// numbers.
///
///   Elementwise{[](auto x) { return x * x / (1 + x * x); }}
///   Elementwise{[beta](auto x) { return x / (1 + exp(-beta * x)); }}
///   elementwise<double>([](auto x) { return x > 0 ? x : 0.1 * sin(x); })      in double precision
///
/// The formula may use + - * /, comparisons and branches, and exp, log, sqrt, pow, sin, tanh, erf, abs, max,
/// min and so on, without `std::`; dual.hpp lists them. It must depend on x and on what it captured alone.
///
///   y = f(x)      dx = dy * f'(x)
///
/// Shapes   x, y [n, m] for any n
/// Cost     an evaluation of f a value forward, one of f and its derivative backward, not in vector
/// registers.
template <class F, std::floating_point T = float>
class Elementwise : public Activation<Elementwise<F, T>, T> {
  static_assert(std::convertible_to<std::invoke_result_t<const F&, Dual<T>>, Dual<T>>,
                "the formula of an Elementwise takes an `auto x` and returns a number");

 public:
  static constexpr std::string_view name = "Elementwise";

  explicit Elementwise(F formula) : formula_{std::make_shared<const F>(std::move(formula))} {}

  T value(T x) const { return evaluate(x).value; }
  T derivative(T x, T) const { return evaluate(x).slope; }

 private:
  // Always with a Dual, also for the value alone: for a plain number the formula would have to say std::exp.
  Dual<T> evaluate(T x) const { return (*formula_)(Dual<T>{x, 1}); }

  std::shared_ptr<const F> formula_;  // by pointer, since a closure that captures cannot be assigned
};

/// An `Elementwise` in the precision T.
template <std::floating_point T = float, class F>
Elementwise<F, T> elementwise(F formula) {
  return Elementwise<F, T>{std::move(formula)};
}

}  // namespace descent
