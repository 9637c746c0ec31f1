#pragma once

#include <cmath>
#include <concepts>
#include <numbers>
#include <string_view>

#include "descent/autodiff/apply.hpp"
#include "descent/autodiff/variable.hpp"
#include "descent/layers/activations/activation.hpp"

// Functions of each number. Each is an activation, whose loops it shares.

namespace descent::inline DESCENT_ABI {

namespace detail {

template <std::floating_point T>
struct Exp : Activation<Exp<T>, T> {
  static constexpr std::string_view name = "exp";
  static auto value(const auto& x) { return x.exp(); }
  static auto derivative(const auto&, const auto& y) { return y; }
};
template <std::floating_point T>
struct Log : Activation<Log<T>, T> {
  static constexpr std::string_view name = "log";
  static auto value(const auto& x) { return x.log(); }
  static auto derivative(const auto& x, const auto&) { return x.inverse(); }
};
template <std::floating_point T>
struct Log1p : Activation<Log1p<T>, T> {
  static constexpr std::string_view name = "log1p";
  static auto value(const auto& x) { return x.log1p(); }
  static auto derivative(const auto& x, const auto&) { return (x + T(1)).inverse(); }
};
template <std::floating_point T>
struct Sqrt : Activation<Sqrt<T>, T> {
  static constexpr std::string_view name = "sqrt";
  static auto value(const auto& x) { return x.sqrt(); }
  static auto derivative(const auto&, const auto& y) { return y.inverse() * T(0.5); }
};
template <std::floating_point T>
struct Square : Activation<Square<T>, T> {
  static constexpr std::string_view name = "square";
  static auto value(const auto& x) { return x.square(); }
  static auto derivative(const auto& x, const auto&) { return x * T(2); }
};
template <std::floating_point T>
struct Abs : Activation<Abs<T>, T> {
  static constexpr std::string_view name = "abs";
  static auto value(const auto& x) { return x.abs(); }
  static auto derivative(const auto& x, const auto&) { return x.sign(); }
};
template <std::floating_point T>
struct Sin : Activation<Sin<T>, T> {
  static constexpr std::string_view name = "sin";
  static auto value(const auto& x) { return x.sin(); }
  static auto derivative(const auto& x, const auto&) { return x.cos(); }
};
template <std::floating_point T>
struct Cos : Activation<Cos<T>, T> {
  static constexpr std::string_view name = "cos";
  static auto value(const auto& x) { return x.cos(); }
  static auto derivative(const auto& x, const auto&) { return -x.sin(); }
};
template <std::floating_point T>
struct Erf : Activation<Erf<T>, T> {
  static constexpr std::string_view name = "erf";
  static T value(T x) { return std::erf(x); }
  static T derivative(T x, T) { return 2 * std::numbers::inv_sqrtpi_v<T> * std::exp(-x * x); }
};
template <std::floating_point T>
struct Pow : Activation<Pow<T>, T> {
  static constexpr std::string_view name = "pow";
  explicit Pow(T n) : exponent{n} {}
  static void visit_options(auto&& f, auto&... tree) { f("exponent", tree.exponent...); }
  T value(T x) const { return std::pow(x, exponent); }
  T derivative(T x, T) const { return exponent == 0 ? T(0) : exponent * std::pow(x, exponent - 1); }
  T exponent;
};
template <std::floating_point T>
struct Clamp : Activation<Clamp<T>, T> {
  static constexpr std::string_view name = "clamp";
  Clamp(T least, T most) : low{least}, high{most} {}
  static void visit_options(auto&& f, auto&... tree) {
    f("low", tree.low...);
    f("high", tree.high...);
  }
  auto value(const auto& x) const { return x.max(low).min(high); }
  T derivative(T x, T) const { return x >= low && x <= high ? T(1) : T(0); }
  T low, high;
};

}  // namespace detail

/// y = exp(a)                  da = dy y
template <std::floating_point T>
Variable<T> exp(const Variable<T>& a) {
  return detail::applied(detail::Exp<T>{}, a);
}
/// y = log(a)                  da = dy / a
template <std::floating_point T>
Variable<T> log(const Variable<T>& a) {
  return detail::applied(detail::Log<T>{}, a);
}
/// y = log(1 + a)              da = dy / (1 + a)
template <std::floating_point T>
Variable<T> log1p(const Variable<T>& a) {
  return detail::applied(detail::Log1p<T>{}, a);
}
/// y = sqrt(a)                 da = dy / (2 y), infinite where a is 0
template <std::floating_point T>
Variable<T> sqrt(const Variable<T>& a) {
  return detail::applied(detail::Sqrt<T>{}, a);
}
/// y = a^2                     da = 2 dy a
template <std::floating_point T>
Variable<T> square(const Variable<T>& a) {
  return detail::applied(detail::Square<T>{}, a);
}
/// y = |a|                     da = dy sign(a), and 0 where a is 0
template <std::floating_point T>
Variable<T> abs(const Variable<T>& a) {
  return detail::applied(detail::Abs<T>{}, a);
}
/// y = sin(a)                  da = dy cos(a)
template <std::floating_point T>
Variable<T> sin(const Variable<T>& a) {
  return detail::applied(detail::Sin<T>{}, a);
}
/// y = cos(a)                  da = -dy sin(a)
template <std::floating_point T>
Variable<T> cos(const Variable<T>& a) {
  return detail::applied(detail::Cos<T>{}, a);
}
/// y = erf(a)                  da = dy 2 / sqrt(pi) exp(-a^2)
template <std::floating_point T>
Variable<T> erf(const Variable<T>& a) {
  return detail::applied(detail::Erf<T>{}, a);
}
/// y = a^n for a number n      da = dy n a^(n - 1), and 0 for n = 0
template <std::floating_point T>
Variable<T> pow(const Variable<T>& a, double n) {
  return detail::applied(detail::Pow<T>{static_cast<T>(n)}, a);
}
/// y = min(high, max(low, a))  da = dy where low <= a <= high, else 0
template <std::floating_point T>
Variable<T> clamp(const Variable<T>& a, double low, double high) {
  return detail::applied(detail::Clamp<T>{static_cast<T>(low), static_cast<T>(high)}, a);
}

}  // namespace descent
