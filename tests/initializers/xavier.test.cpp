#include "descent/initializers/xavier.hpp"

#include <cmath>

#include "initializers/moments.hpp"

namespace xavier_test {

using namespace descent;

TEMPLATE_TEST_CASE("XavierNormal: the variance is 2 / (n_in + n_out)", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{64, 1000}, Fan{1, 1}}) {
    const double variance = 2.0 / static_cast<double>(fan.in + fan.out);
    const double bound = std::sqrt(3 * variance);
    CAPTURE(fan.in, fan.out);
    support::expect_moments<TestType>(XavierNormal{}, fan,
                                      {.variance = variance, .kurtosis = support::normal_kurtosis});
    support::expect_uniform<TestType>(XavierUniform{}, fan, -bound, bound);
  }
}

}  // namespace xavier_test
