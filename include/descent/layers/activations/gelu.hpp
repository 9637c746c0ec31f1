#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/activations/activation.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// The form of GELU: exact, with the normal distribution, or its approximation by tanh (error below 5e-4).
enum class GELUForm { exact, tanh };

namespace detail {

/// The exact form. For z = |x|, the density phi and the tail Q(z) = 1 - Phi(z):
///
///   y = max(0, x) - z Q(z)      y' = 1 - g for x > 0, else g = Q(z) - z phi(z)
///   Q(z) = phi(z) m(z),   m(z) = p(s) / (c + z),   s = (c - z) / (c + z)
///
/// p is the best polynomial in s for Mills' ratio m, with a relative error below 2e-8 in float and 7e-16 in double. The
/// tail, not Phi, is computed so that no digits cancel for negative x. Beyond the bound of z, where phi is nearly 0, it
/// is constant.
template <std::floating_point T>
class ExactGELU {
 public:
  /// Sets y and its derivatives.
  static void evaluate(const Batch<T>& x, Matrix<T>& y, Matrix<T>& slope, Workers& workers) {
    y.resize(x.rows(), x.cols());
    slope.resize(x.rows(), x.cols());
    for_parts(workers, {.count = x.size(), .multiple = packet}, [&](const Part& part) {
      const Index end = part.first + part.count;
      Index i = part.first;
      for (; i + packet <= end; i += packet) evaluate(x.data() + i, y.data() + i, slope.data() + i);
      if (i == end) return;
      std::array<T, packet> last{}, of_y, of_slope;
      std::copy(x.data() + i, x.data() + end, last.data());
      evaluate(last.data(), of_y.data(), of_slope.data());
      std::copy_n(of_y.data(), end - i, y.data() + i);
      std::copy_n(of_slope.data(), end - i, slope.data() + i);
    });
  }

 private:
  // Eigen's packets, since its loops over arrays would store each step of the polynomial.
  using Packet = typename Eigen::internal::packet_traits<T>::type;
  static constexpr Index packet = Eigen::internal::packet_traits<T>::size;
  static constexpr bool is_float = sizeof(T) == 4;

  static Packet all(T value) { return Eigen::internal::pset1<Packet>(value); }

  template <std::size_t N>
  static Packet polynomial(const std::array<T, N>& coefficients, const Packet& x) {
    Packet p = all(coefficients.back());
    for (std::size_t k = N - 1; k-- > 0;) p = Eigen::internal::pmadd(p, x, all(coefficients[k]));
    return p;
  }

  static void evaluate(const T* from, T* y, T* slope) {
    using namespace Eigen::internal;
    constexpr T c = is_float ? T(3.75) : T(5.25), bound = is_float ? T(13.1) : T(39);
    const Packet x = ploadu<Packet>(from), zero = all(0), one = all(1);
    const Packet z = pmin(pabs(x), all(bound)), inverse = pdiv(one, padd(z, all(c))),
                 s = pmadd(inverse, all(2 * c), all(-1)), m = pmul(polynomial(mills, s), inverse);
    const Packet phi = density<Packet>(z), g = pmul(phi, psub(m, z));
    pstoreu(y, psub(pmax(x, zero), pmul(pmul(z, phi), m)));
    pstoreu(slope, pselect(pcmp_lt(zero, x), psub(one, g), g));
  }

  /// phi(z) = exp(-z^2 / 2) / sqrt(2 pi)
  template <class P>
  static P density(const P& z) {
    using namespace Eigen::internal;
    const P square = pmul(z, z);
    if constexpr (is_float && requires { typename unpacket_traits<P>::integer_packet; }) {
      // 2^t = 2^floor(t) 2^(t - floor(t)) needs half as many operations as Eigen's exponential, which takes any argument:
      // here z's bound keeps the exponent within that of float.
      using Integers = typename unpacket_traits<P>::integer_packet;
      const P t = pmul(square, all(T(-std::numbers::log2e / 2))), whole = pfloor(t);
      const P fraction = polynomial(power_of_two, psub(t, whole));
      const Integers exponent =
          plogical_shift_left<std::numeric_limits<T>::digits - 1>(pcast<P, Integers>(whole));
      return preinterpret<P>(padd(preinterpret<Integers>(fraction), exponent));
    } else {
      return pmul(pexp(pmul(square, all(T(-0.5)))), all(T(root)));
    }
  }

  static constexpr double root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi / 2;  // 1 / sqrt(2 pi)
  /// 2^t / sqrt(2 pi) for t in [0, 1], with a relative error below 8e-8
  static constexpr auto power_of_two =
      std::to_array<T>({T(0.3989422505), T(0.2765280677), T(0.09580743164), T(0.02227147861),
                        T(0.003586227855), T(0.0007490447123)});
  /// p
  static constexpr auto mills = [] {
    if constexpr (is_float)
      return std::to_array<T>({1.880708341F, 1.474369369F, 0.8846883711F, 0.379806402F, 0.09398001136F,
                               -0.003008358559F, -0.01045074771F, -0.00127642436F, 0.001111119142F});
    else
      return std::to_array<T>({1.93418061173368702,      1.6941131664468146,       1.2944520160921075,
                               0.855136785563731508,     0.480510441402103822,     0.222956158835889834,
                               0.0804479938694379886,    0.0192062576520793008,    0.000839526264812599122,
                               -0.00148910862055683211,  -0.000541670447435044961, 0.0000175184509009311932,
                               0.0000669690349271733188, 0.0000108673487296334759, -6.93994336009985844e-6,
                               -2.38444553480216534e-6,  7.41919909729328631e-7,   4.04886721035564905e-7,
                               -8.97832070584589815e-8,  -6.34774232325537544e-8,  1.12687134876890389e-8,
                               8.50471076808758353e-9,   -9.5850898325759086e-10,  -6.92874587131639068e-10});
  }();
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
/// Cost     an exp a value forward and one product backward; the tanh form has an exp backward, too.
/// Source   Hendrycks, Gimpel: Gaussian error linear units (arXiv:1606.08415)
template <std::floating_point T = float>
class GELU {
 public:
  static constexpr std::string_view name = "GELU";
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  struct Cache : ActivationCache<T> {
    Matrix<T> slope;  // dy/dx of the exact form
  };

  explicit GELU(GELUForm form = GELUForm::exact) : form_{form} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) { f("form", tree.form_...); }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    if (form_ == GELUForm::tanh) return detail::TanhGELU<T>{}.forward(x, c, pass);
    detail::ExactGELU<T>::evaluate(x, c.y, c.slope, pass.workers());
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GELU&, const Pass& pass) const {
    if (detail::TanhGELU<T> tanh; form_ == GELUForm::tanh) return tanh.backward(x, dy, c, tanh, pass);
    expect_backward(name, c.y.rows(), x, dy, c.y);
    c.dx.resize(x.rows(), x.cols());
    for_numbers(pass.workers(), x.size(),
                [&](const Part& part) { flat(c.dx, part) = flat(dy, part) * flat(c.slope, part); });
    return x.with_numbers(c.dx);
  }

 private:
  GELUForm form_;
};

}  // namespace descent
