#include "descent/initializers/lecun.hpp"

#include <cmath>

#include "initializers/moments.hpp"

namespace lecun_test {

using namespace descent;

TEMPLATE_TEST_CASE("LeCunNormal: the variance is 1 / n_in for any n_out", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{64, 1000}, Fan{1, 1}}) {
    const double variance = 1.0 / static_cast<double>(fan.in);
    const double bound = std::sqrt(3 * variance);
    CAPTURE(fan.in, fan.out);
    support::expect_moments<TestType>(LeCunNormal{}, fan,
                                      {.variance = variance, .kurtosis = support::normal_kurtosis});
    support::expect_uniform<TestType>(LeCunUniform{}, fan, -bound, bound);
  }
}

TEST_CASE("LeCunNormal: the first values are the same on every platform") {
  // From a Philox generator and a ratio of uniforms written independently, in Python.
  Rng one{1}, other{1};
  Matrix<double> normal(2, 2), uniform(2, 2);
  LeCunNormal{}(normal, Fan{4, 1}, one);
  LeCunUniform{}(uniform, Fan{4, 1}, other);
  constexpr double rounding = 1e-15;
  CHECK_THAT(normal(0, 0), Catch::Matchers::WithinRel(0.6700571770119033, rounding));
  CHECK_THAT(normal(1, 1), Catch::Matchers::WithinRel(-0.16036934575091055, rounding));
  CHECK_THAT(uniform(0, 0), Catch::Matchers::WithinRel(0.6759487204462593, rounding));
  CHECK_THAT(uniform(1, 1), Catch::Matchers::WithinRel(-0.3753930337646003, rounding));
}

}  // namespace lecun_test
