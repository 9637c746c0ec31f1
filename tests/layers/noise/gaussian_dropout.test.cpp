#include "descent/layers/noise/gaussian_dropout.hpp"

#include "layers/noise/noise.hpp"

namespace gaussian_dropout_test {

using namespace descent;

TEST_CASE("GaussianDropout: multiplies by normal noise of mean 1 and variance (1 - keep) / keep",
          "[layers]") {
  const GaussianDropout<double> layer{{.keep = 0.8}};
  GaussianDropout<double>::Cache cache;
  const Matrix<double> x = Matrix<double>::Constant(101, 977, 3);
  const Matrix<double> factor = layer.forward(x, cache, Pass::training({.seed = 3})) / 3;
  support::expect_standard_normal((factor.array() - 1) / std::sqrt(0.2 / 0.8));
  GaussianDropout<double> gradient = layer;
  CHECK(layer.backward(x, x, cache, gradient, Pass::training({.seed = 3})) == cache.y);  // since dy = x
}

TEST_CASE("GaussianDropout: noise is new for each step and sample and layer and can be disabled",
          "[layers]") {
  support::expect_fresh_noise(GaussianDropout<double>{});
  CHECK_FALSE(GaussianDropout{{.enabled = false}}.enabled);
  const Matrix<> x = Matrix<>::Constant(3, 2, 5);
  GaussianDropout<>::Cache cache;
  CHECK((GaussianDropout{{.keep = 1}}.forward(x, cache, Pass::training({})) == x));
}

TEST_CASE("GaussianDropout: rejects a keep probability of 0 or less or above 1", "[layers]") {
  for (const double keep : {0.0, -0.1, 1.1, std::nan("")})
    CHECK_THROWS_AS((GaussianDropout{{.keep = keep}}), DataError);
}

}  // namespace gaussian_dropout_test
