#include "descent/layers/noise/gaussian_noise.hpp"

#include "layers/noise/noise.hpp"

namespace gaussian_noise_test {

using namespace descent;

TEST_CASE("GaussianNoise: adds normal noise with the given standard deviation", "[layers]") {
  const GaussianNoise<double> layer{{.deviation = 0.25}};
  GaussianNoise<double>::Cache cache;
  const Matrix<double> x = Matrix<double>::Constant(101, 977, 3);
  support::expect_standard_normal((layer.forward(x, cache, Pass::training({.seed = 3})) - x) / 0.25);
}

TEST_CASE("GaussianNoise: noise is new for each step and sample and layer and can be disabled", "[layers]") {
  support::expect_fresh_noise(GaussianNoise<double>{});
  CHECK_FALSE(GaussianNoise{{.enabled = false}}.enabled);
}

TEST_CASE("GaussianNoise: rejects a deviation that is negative or not a number", "[layers]") {
  for (const double deviation : {-0.1, std::nan("")})
    CHECK_THROWS_AS((GaussianNoise{{.deviation = deviation}}), DataError);
}

}  // namespace gaussian_noise_test
