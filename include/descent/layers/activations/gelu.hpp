#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// The form of GELU: exact, with the normal distribution, or its approximation by tanh (error below 5e-4).
enum class GELUForm { exact, tanh };

namespace detail {

/// A polynomial in z; the coefficients begin with that of degree 0.
auto polynomial(const auto& z, auto first, auto... others) {
  if constexpr (sizeof...(others) == 1)
    return z * (others, ...) + first;
  else
    return z * polynomial(z, others...) + first;
}

constexpr double normal_density_at_0 = std::numbers::sqrt2 * std::numbers::inv_sqrtpi / 2;

/// The exact form by erfc, whose digits 1 + erf would lose by cancellation for negative x. Not vectorized.
template <std::floating_point T>
struct ExactGELU : Activation<ExactGELU<T>, T> {
  static constexpr std::string_view name = "GELU";
  static T value(T x) { return x / 2 * std::erfc(-x * T(std::numbers::sqrt2 / 2)); }
  static T derivative(T x, T y) {
    return (x == 0 ? T(0.5) : y / x) + x * T(normal_density_at_0) * std::exp(-x * x / 2);
  }
};

/// The exact form in float, vectorized. For z = |x| and the tail Q(z) = 1 - Phi(z):
///
///   y = max(0, x) - z Q(z)      y' = 1 - g for x > 0, else g = Q(z) - z phi(z)
///   Q(z) = exp(-z^2 / 2) r(z),  r rational
///
/// The relative error of r is below 3e-8 for z < 9 and below 3e-7 wherever Q(z) is a normal number.
///
/// Source   Hart et al.: Computer approximations (1968), no. 5666; West: Better approximations to cumulative normal
///          functions (Wilmott, 2005)
template <>
struct ExactGELU<float> : Activation<ExactGELU<float>, float> {
  static constexpr std::string_view name = "GELU";
  static auto value(const auto& x) { return x.max(0.0F) - bounded(x) * (exponential(x) * ratio(bounded(x))); }
  static auto derivative(const auto& x, const auto&) {
    const auto g = exponential(x) * (ratio(bounded(x)) - bounded(x) * float(normal_density_at_0));
    const auto step = (x * std::numeric_limits<float>::max()).max(0.0F).min(1.0F);  // 1 for x > 0, else 0
    return step + (1.0F - 2.0F * step) * g;
  }

 private:
  static auto bounded(const auto& x) { return x.abs().min(14.0F); }  // z; exp(-z^2 / 2) is 0 from here on
  static auto exponential(const auto& x) { return (x.square() * -0.5F).exp(); }
  static auto ratio(const auto& z) {
    return polynomial(z, 220.206867912376F, 221.213596169931F, 112.079291497871F, 33.912866078383F,
                      6.37396220353165F, 0.700383064443688F, 0.0352624965998911F) /
           polynomial(z, 440.413735824752F, 793.826512519948F, 637.333633378831F, 296.564248779674F,
                      86.7807322029461F, 16.064177579207F, 1.75566716318264F, 0.0883883476483184F);
  }
};

template <std::floating_point T>
struct TanhGELU : Activation<TanhGELU<T>, T> {
  static constexpr std::string_view name = "GELU";
  static auto value(const auto& x) { return x / (exponential(x) + T(1)); }
  static auto derivative(const auto& x, const auto& y) {
    return (T(1) + (x.square() * T(6 * root * cubic) + T(2 * root)) * (x - y)) / (exponential(x) + T(1));
  }

 private:
  static constexpr double cubic = 0.044715,
                          root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
  /// exp(-2 u)
  static auto exponential(const auto& x) {
    return (x * (x.square() * T(-2 * root * cubic) - T(2 * root))).exp();
  }
};

}  // namespace detail

/// Gaussian error linear unit: x times the standard normal distribution function Phi(x).
///
///   exact   y = x Phi(x) = x / 2 * (1 + erf(x / sqrt(2)))      dx = dy * (Phi(x) + x phi(x))
///   tanh    y = x / 2 * (1 + tanh(u)) = x s,   u = sqrt(2 / pi) * (x + 0.044715 x^3)
///           with s = 1 / (1 + exp(-2 u))
///           dx = dy * s * (1 + 2 u' (x - y)),  u' = sqrt(2 / pi) * (1 + 3 * 0.044715 x^2)
///
/// `GELU{}` is exact, the default of PyTorch and Keras; GPT-2 was trained with `GELU{GELUForm::tanh}`.
///
/// Cost     an exp a value each way; the exact form in double is not vectorized.
/// Source   Hendrycks, Gimpel: Gaussian error linear units (arXiv:1606.08415)
template <std::floating_point T = float>
class GELU {
 public:
  static constexpr std::string_view name = "GELU";
  using Scalar = T;
  using Cache = ActivationCache<T>;

  explicit GELU(GELUForm form = GELUForm::exact) : form_{form} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) { f("form", tree.form_...); }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    return with_form([&](const auto& layer) { return layer.forward(x, c, pass); });
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GELU&, const Pass& pass) const {
    return with_form([&](auto layer) { return layer.backward(x, dy, c, layer, pass); });
  }

 private:
  auto with_form(auto&& f) const {
    return form_ == GELUForm::exact ? f(detail::ExactGELU<T>{}) : f(detail::TanhGELU<T>{});
  }

  GELUForm form_;
};

}  // namespace descent
