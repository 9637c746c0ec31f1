#include "descent/layers/normalization/rms_norm.hpp"

#include "golden.hpp"
#include "support.hpp"

namespace rms_norm_test {

using namespace descent;

TEST_CASE("RMSNorm: forward and backward equal the formula in PyTorch", "[layers][golden]") {
  const auto c = golden::read("attention").at("rms_norm");
  const Matrix<double> x = golden::batch(c.at("x")), dy = golden::batch(c.at("dy"));
  const Shape shape{6, 1, 4};
  RMSNorm<double> layer{6, {.epsilon = c.at("epsilon")}};
  layer.gamma = golden::matrix(c.at("parameters").at("gamma"));
  RMSNorm<double> gradient = zeros_like(layer);
  RMSNorm<double>::Cache cache;
  golden::require_close(layer.forward({x, shape}, cache, Pass::training({})), golden::batch(c.at("y")),
                        golden::one_step);
  golden::require_close(layer.backward({x, shape}, {dy, shape}, cache, gradient, Pass::training({})),
                        golden::batch(c.at("dx")), golden::one_step);
  golden::require_close(gradient.gamma, golden::matrix(c.at("gradients").at("gamma")), golden::one_step);
}

TEST_CASE("RMSNorm: a sample of zeros gives zeros", "[layers]") {
  const RMSNorm<> layer{3};
  RMSNorm<>::Cache cache;
  CHECK(layer.forward(Matrix<>::Zero(3, 2).eval(), cache, Pass::inference()) == Matrix<>::Zero(3, 2));
}

TEST_CASE("RMSNorm: rejects a number of features that is not positive", "[layers]") {
  CHECK(
      support::message_of<ShapeError>([] { RMSNorm<>{0}; }) ==
      "RMSNorm: expected a positive number of features, got 0; pass the number of features before the layer");
  CHECK_THROWS_AS((RMSNorm<>{3, {.epsilon = -1}}), DataError);
}

}  // namespace rms_norm_test
