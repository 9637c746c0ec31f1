#include "descent/layers/activations/dual.hpp"

#include <cmath>

#include "catch.hpp"

namespace dual_test {

using namespace descent;

namespace {

/// Checks that f' is `expected` and equal to a central difference of order 4.
void has_slope(const auto& f, double x, double expected) {
  CAPTURE(x);
  const auto at = [&](double v) { return f(Dual<double>{v, 0}).value; };
  constexpr double h = 1e-3;
  const double numeric = (8 * (at(x + h) - at(x - h)) - (at(x + 2 * h) - at(x - 2 * h))) / (12 * h);
  const double slope = f(Dual<double>{x, 1}).slope;
  CHECK_THAT(slope, Catch::Matchers::WithinRel(expected, 1e-14));
  CHECK_THAT(numeric, Catch::Matchers::WithinRel(expected, 1e-8));
}

}  // namespace

TEST_CASE("Dual: functions have the derivatives of the tables") {
  const double x = 0.7;
  has_slope([](auto v) { return exp(v); }, x, std::exp(x));
  has_slope([](auto v) { return expm1(v); }, x, std::exp(x));
  has_slope([](auto v) { return log(v); }, x, 1 / x);
  has_slope([](auto v) { return log1p(v); }, x, 1 / (1 + x));
  has_slope([](auto v) { return sqrt(v); }, x, 0.5 / std::sqrt(x));
  has_slope([](auto v) { return cbrt(v); }, x, std::pow(x, -2.0 / 3) / 3);
  has_slope([](auto v) { return sin(v); }, x, std::cos(x));
  has_slope([](auto v) { return cos(v); }, x, -std::sin(x));
  has_slope([](auto v) { return tan(v); }, x, 1 / (std::cos(x) * std::cos(x)));
  has_slope([](auto v) { return atan(v); }, x, 1 / (1 + x * x));
  has_slope([](auto v) { return sinh(v); }, x, std::cosh(x));
  has_slope([](auto v) { return cosh(v); }, x, std::sinh(x));
  has_slope([](auto v) { return tanh(v); }, x, 1 / (std::cosh(x) * std::cosh(x)));
  has_slope([](auto v) { return erf(v); }, x, 2 / std::sqrt(std::acos(-1.0)) * std::exp(-x * x));
  has_slope([](auto v) { return erfc(v); }, x, -2 / std::sqrt(std::acos(-1.0)) * std::exp(-x * x));
}

TEST_CASE("Dual: powers have the derivatives of base and exponent") {
  has_slope([](auto v) { return pow(v, 3); }, -2, 12);
  has_slope([](auto v) { return pow(v, -1.5); }, 2, -1.5 * std::pow(2.0, -2.5));
  has_slope([](auto v) { return pow(2, v); }, 3, 8 * std::log(2.0));
  has_slope([](auto v) { return pow(v, v); }, 2, 4 * (1 + std::log(2.0)));
  CHECK(pow(Dual<double>{0, 1}, 0) == 1);
  CHECK(pow(Dual<double>{0, 1}, 0).slope == 0);
  CHECK(pow(Dual<double>{0, 1}, 2).slope == 0);
  CHECK(pow(Dual<double>{0, 1}, 1).slope == 1);
}

TEST_CASE("Dual: arithmetic has the derivatives of calculus") {
  has_slope([](auto v) { return v * v - 3 * v + 1; }, 2, 1);
  has_slope([](auto v) { return (1 - v) / (v + 2.0F); }, 2, -3.0 / 16);
  has_slope([](auto v) { return -(+v) / 4; }, 2, -0.25);
  has_slope(
      [](auto v) {
        auto w = v;
        w += 1;
        w *= v;
        w -= 3 * v;
        w /= v + 1;
        return w;  // (v^2 - 2 v) / (v + 1)
      },
      2, 2.0 / 3);
}

TEST_CASE("Dual: comparisons use the value and corners have a derivative") {
  const Dual<double> a{1, 5}, b{1, -5}, c{2, 0};
  CHECK(a == b);
  CHECK(a < c);
  CHECK(c >= 2);
  CHECK(1 == a);
  CHECK(max(a, c).slope == 0);
  CHECK(min(a, c).slope == 5);
  CHECK(max(a, b).slope == -5);
  CHECK(min(a, b).slope == -5);
  CHECK(max(a, 0).slope == 5);
  CHECK(abs(Dual<double>{-3, 2}).value == 3);
  CHECK(abs(Dual<double>{-3, 2}).slope == -2);
  CHECK(abs(Dual<double>{0, 2}).slope == 0);
}

}  // namespace dual_test
