#include "descent/initializers/he.hpp"

#include <cmath>
#include <limits>

#include "descent/initializers/lecun.hpp"
#include "descent/initializers/xavier.hpp"
#include "initializers/moments.hpp"

namespace he_test {

using namespace descent;

TEMPLATE_TEST_CASE("HeNormal: the variance is 2 / n_in for any n_out", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{64, 1000}, Fan{1, 1}}) {
    const double variance = 2.0 / static_cast<double>(fan.in);
    const double bound = std::sqrt(3 * variance);
    CAPTURE(fan.in, fan.out);
    support::expect_moments<TestType>(HeNormal{}, fan,
                                      {.variance = variance, .kurtosis = support::normal_kurtosis});
    support::expect_uniform<TestType>(HeUniform{}, fan, -bound, bound);
  }
}

TEST_CASE("Fan: a fan without inputs or outputs is refused") {
  Matrix<> weight(2, 3);
  Rng rng{1};
  for (const Fan fan : {Fan{0, 2}, Fan{3, 0}, Fan{-1, 2}}) {
    CHECK_THROWS_AS(HeNormal{}(weight, fan, rng), ShapeError);
    CHECK_THROWS_AS(HeUniform{}(weight, fan, rng), ShapeError);
    CHECK_THROWS_AS(XavierNormal{}(weight, fan, rng), ShapeError);
    CHECK_THROWS_AS(XavierUniform{}(weight, fan, rng), ShapeError);
    CHECK_THROWS_AS(LeCunNormal{}(weight, fan, rng), ShapeError);
    CHECK_THROWS_AS(LeCunUniform{}(weight, fan, rng), ShapeError);
  }
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK_NOTHROW(XavierNormal{}(weight, {most, most}, rng));
}

}  // namespace he_test
