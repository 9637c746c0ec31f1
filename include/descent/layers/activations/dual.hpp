#pragma once

#include <cmath>
#include <compare>
#include <concepts>
#include <numbers>
#include <type_traits>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// A dual number for forward-mode automatic differentiation: f(Dual{x, 1}) has the value f(x) and the slope f'(x).
///
///   (a, a') + (b, b') = (a + b, a' + b')      (a, a') * (b, b') = (a b, a' b + a b')
///   g((a, a')) = (g(a), g'(a) a')
///
/// Arithmetic types convert to constants. Comparisons use the value alone, so that branches are the same as for plain
/// numbers. Call the functions below without `std::`. At 0 the derivative of abs is 0; of equal arguments, max and min
/// return the second.
///
/// Source   Griewank, Walther: Evaluating derivatives (2nd edition, 2008), chapter 3
template <std::floating_point T>
class Dual {
 public:
  T value, slope;

  Dual(T v, T s) : value{v}, slope{s} {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Dual(Number constant) : value{static_cast<T>(constant)}, slope{0} {}

  Dual& operator+=(Dual b) { return *this = *this + b; }
  Dual& operator-=(Dual b) { return *this = *this - b; }
  Dual& operator*=(Dual b) { return *this = *this * b; }
  Dual& operator/=(Dual b) { return *this = *this / b; }

  friend Dual operator+(Dual a) { return a; }
  friend Dual operator-(Dual a) { return {-a.value, -a.slope}; }
  friend Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
  friend Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
  friend Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
  friend Dual operator/(Dual a, Dual b) {
    const T q = a.value / b.value;
    return {q, (a.slope - q * b.slope) / b.value};
  }

  friend bool operator==(Dual a, Dual b) { return a.value == b.value; }
  friend auto operator<=>(Dual a, Dual b) { return a.value <=> b.value; }
  friend Dual max(Dual a, Dual b) { return a > b ? a : b; }
  friend Dual min(Dual a, Dual b) { return a < b ? a : b; }
  friend Dual abs(Dual a) { return {std::abs(a.value), a.slope * T((a.value > 0) - (a.value < 0))}; }

  friend Dual exp(Dual a) { return a.through(std::exp(a.value), std::exp(a.value)); }
  friend Dual expm1(Dual a) { return a.through(std::expm1(a.value), std::exp(a.value)); }
  friend Dual log(Dual a) { return a.through(std::log(a.value), 1 / a.value); }
  friend Dual log1p(Dual a) { return a.through(std::log1p(a.value), 1 / (1 + a.value)); }
  friend Dual sqrt(Dual a) { return a.through(std::sqrt(a.value), 1 / (2 * std::sqrt(a.value))); }
  friend Dual cbrt(Dual a) {
    const T root = std::cbrt(a.value);
    return a.through(root, 1 / (3 * root * root));
  }
  friend Dual sin(Dual a) { return a.through(std::sin(a.value), std::cos(a.value)); }
  friend Dual cos(Dual a) { return a.through(std::cos(a.value), -std::sin(a.value)); }
  friend Dual tan(Dual a) {
    const T t = std::tan(a.value);
    return a.through(t, 1 + t * t);
  }
  friend Dual atan(Dual a) { return a.through(std::atan(a.value), 1 / (1 + a.value * a.value)); }
  friend Dual sinh(Dual a) { return a.through(std::sinh(a.value), std::cosh(a.value)); }
  friend Dual cosh(Dual a) { return a.through(std::cosh(a.value), std::sinh(a.value)); }
  friend Dual tanh(Dual a) {
    const T t = std::tanh(a.value);
    return a.through(t, 1 - t * t);
  }
  friend Dual erf(Dual a) {
    return a.through(std::erf(a.value), 2 * std::numbers::inv_sqrtpi_v<T> * std::exp(-a.value * a.value));
  }
  friend Dual erfc(Dual a) {
    return a.through(std::erfc(a.value), -2 * std::numbers::inv_sqrtpi_v<T> * std::exp(-a.value * a.value));
  }

  /// Terms of the derivative that are 0 are skipped: the log of a negative base would make the sum NaN.
  friend Dual pow(Dual a, Dual b) {
    const T p = std::pow(a.value, b.value);
    T sum = 0;
    if (a.slope != 0 && b.value != 0) sum += a.slope * b.value * std::pow(a.value, b.value - 1);
    if (b.slope != 0) sum += b.slope * p * std::log(a.value);
    return {p, sum};
  }

 private:
  /// Applies the chain rule.
  Dual through(T function, T derivative) const { return {function, derivative * slope}; }
};

}  // namespace descent
