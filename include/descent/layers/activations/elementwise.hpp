#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

#include "descent/layers/activations/activation.hpp"
#include "descent/layers/activations/dual.hpp"

namespace descent::inline DESCENT_ABI {

/// A custom activation, defined by its formula. The derivative is computed by automatic differentiation with `Dual`
/// numbers.
///
///   Elementwise{[](auto x) { return x * x / (1 + x * x); }}
///   Elementwise{[beta](auto x) { return x / (1 + exp(-beta * x)); }}
///   elementwise<double>([](auto x) { return x > 0 ? x : 0.1 * sin(x); })      in double precision
///
/// The formula may use + - * /, comparisons, branches, and exp, log, sqrt, pow, sin, tanh, erf, abs, max, min and so on
/// without `std::`; dual.hpp lists them. It must depend only on x and on its captures.
///
///   y = f(x)      dx = dy * f'(x)
///
/// Shapes   x, y of any shape
/// Cost     an evaluation of f and its derivative for each value, forward and backward; not vectorized.
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
  // Also the value is computed with a Dual: with a plain number the formula would need std::exp and so on.
  Dual<T> evaluate(T x) const { return (*formula_)(Dual<T>{x, 1}); }

  std::shared_ptr<const F> formula_;  // a pointer, since closures with captures cannot be assigned
};

/// Returns an `Elementwise` of scalar type T.
template <std::floating_point T = float, class F>
Elementwise<F, T> elementwise(F formula) {
  return Elementwise<F, T>{std::move(formula)};
}

}  // namespace descent
