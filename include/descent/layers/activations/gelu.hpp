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

namespace descent::inline DESCENT_ABI {

/// The form of GELU: exact, with the normal distribution, or its approximation by tanh (error below 5e-4).
enum class GELUForm { exact, tanh };

namespace detail {

/// The exact form. For z = |x| and the tail Q(z) = 1 - Phi(z):
///
///   y = max(0, x) - z Q(z)      y' = 1 - g for x > 0, else g = Q(z) - z phi(z)
///   Q(z) = exp(-z^2 / 2) p(s) / (c + z),   s = (c - z) / (c + z)
///
/// p is the Chebyshev series of exp(z^2 / 2) Q(z) (c + z), in powers of s, for all z whose exp(-z^2 / 2) is not 0. The
/// tail, not Phi, is computed so that no digits cancel for negative x. The relative error of p is below 2e-8 in float
/// and 7e-16 in double.
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

  static void evaluate(const T* from, T* y, T* slope) {
    using namespace Eigen::internal;
    constexpr T c = sizeof(T) == 4 ? T(3.5) : T(5.25), bound = sizeof(T) == 4 ? T(14) : T(39);
    const auto all = [](T value) { return pset1<Packet>(value); };
    const Packet x = ploadu<Packet>(from), zero = all(0), one = all(1);
    const Packet z = pmin(pabs(x), all(bound)), inverse = pdiv(one, padd(z, all(c))),
                 s = pmul(psub(all(c), z), inverse);
    Packet p = all(coefficients.back());
    for (std::size_t k = coefficients.size() - 1; k-- > 0;) p = pmadd(p, s, all(coefficients[k]));
    const Packet density = pexp(pmul(pmul(x, x), all(T(-0.5)))), tail = pmul(density, pmul(p, inverse));
    pstoreu(y, psub(pmax(x, zero), pmul(z, tail)));
    const Packet g = psub(tail, pmul(pmul(z, density), all(T(root))));
    // 1 for x > 0, else 0
    const Packet step = pmin(pmax(pmul(x, all(std::numeric_limits<T>::max())), zero), one);
    pstoreu(slope, pmadd(psub(one, pmul(all(2), step)), g, step));
  }

  static constexpr double root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi / 2;  // 1 / sqrt(2 pi)
  static constexpr auto coefficients = [] {
    if constexpr (sizeof(T) == 4)
      return std::to_array<T>({0.7444160782F, 0.5655617612F, 0.3154247567F, 0.1160526561F, 0.01740975685F,
                               -0.006491731449F, -0.003188590028F, 0.0004975308807F, 0.0004391054105F,
                               -0.0001213214187F});
    else
      return std::to_array<T>({0.771626423953275155,     0.675853369880384099,     0.516411639170017397,
                               0.341150219287945983,     0.191695931249654289,     0.0889466384355339241,
                               0.0320941061279940671,    0.00766218822569798245,   0.000334922522541235343,
                               -0.000594068388850374333, -0.000216095243525801207, 6.98885075151802299e-6,
                               0.0000267167795101297168, 4.33544488411759134e-6,   -2.7686368299350186e-6,
                               -9.51256139146989547e-7,  2.95983220662643443e-7,   1.61526431794186985e-7,
                               -3.58183173656556326e-8,  -2.5323827978401877e-8,   4.49556625596904695e-9,
                               3.39288870797548063e-9,   -3.82389759566041953e-10, -2.76416967822497251e-10});
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
