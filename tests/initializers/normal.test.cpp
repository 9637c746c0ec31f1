#include "descent/initializers/normal.hpp"

#include "initializers/moments.hpp"

using namespace descent;

TEMPLATE_TEST_CASE("Normal: mean and deviation as given, whatever the fan", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{1, 1}}) {
    support::expect_moments<TestType>(Normal{.mean = 1, .deviation = 0.5}, fan,
                                      {.mean = 1, .variance = 0.25, .kurtosis = support::normal_kurtosis});
    support::expect_moments<TestType>(Normal{}, fan,
                                      {.variance = 1e-4, .kurtosis = support::normal_kurtosis});
  }
}

TEST_CASE("An initializer draws the same weights in single and double precision, but for the rounding") {
  Rng one{1}, other{1};
  Matrix<float> single(3, 4);
  Matrix<double> exact(3, 4);
  Normal{.deviation = 1}(single, Fan{4, 3}, one);
  Normal{.deviation = 1}(exact, Fan{4, 3}, other);
  CHECK(single == exact.cast<float>());
  CHECK(one.bits() == other.bits());
}
