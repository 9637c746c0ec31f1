#pragma once

#include <cmath>
#include <concepts>
#include <numbers>
#include <string_view>

#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// The form of GELU: exact, with the normal distribution, or its approximation by tanh (error below 5e-4).
enum class GELUForm { exact, tanh };

/// Gaussian error linear unit: x times the standard normal distribution function Phi(x).
///
///   exact   y = x Phi(x) = x / 2 * (1 + erf(x / sqrt(2)))      dx = dy * (Phi(x) + x phi(x))
///   tanh    y = x / 2 * (1 + tanh(u)) = x s,   u = sqrt(2 / pi) * (x + 0.044715 x^3)
///           with s = 1 / (1 + exp(-2 u))
///           dx = dy * s * (1 + 2 u' (x - y)),  u' = sqrt(2 / pi) * (1 + 3 * 0.044715 x^2)
///
/// `GELU{}` is exact, the default of PyTorch and Keras; GPT-2 was trained with `GELU{GELUForm::tanh}`.
///
/// Cost     an erfc or exp a value forward, at most an exp a value backward; not vectorized.
/// Source   Hendrycks, Gimpel: Gaussian error linear units (arXiv:1606.08415)
template <std::floating_point T = float>
class GELU : public Activation<GELU<T>, T> {
 public:
  static constexpr std::string_view name = "GELU";

  explicit GELU(GELUForm form = GELUForm::exact) : form_{form} {}

  static void visit_options(auto&& f, auto&... tree) { f("form", tree.form_...); }

  // erfc keeps the digits that 1 + erf loses by cancellation for negative x.
  T value(T x) const {
    return form_ == GELUForm::exact ? x / 2 * std::erfc(-x * T(std::numbers::sqrt2 / 2))
                                    : x / (1 + std::exp(-2 * root * (x + cubic * x * x * x)));
  }
  T derivative(T x, T y) const {
    const T share = x == 0 ? T(0.5) : y / x;  // Phi(x), or s
    if (form_ == GELUForm::exact) return share + x * density * std::exp(-x * x / 2);
    return share * (1 + 2 * root * (1 + 3 * cubic * x * x) * (x - y));
  }

 private:
  static constexpr T cubic = T(0.044715);
  static constexpr T root = T(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);         // sqrt(2 / pi)
  static constexpr T density = T(std::numbers::sqrt2 * std::numbers::inv_sqrtpi / 2);  // phi(0)

  GELUForm form_;
};

}  // namespace descent
