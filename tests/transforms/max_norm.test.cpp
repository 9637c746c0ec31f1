#include "descent/transforms/max_norm.hpp"

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/models/sequential.hpp"

namespace max_norm_test {

using namespace descent;

TEST_CASE("MaxNorm: scales each longer row of a weight down to the limit") {
  Rng rng{1};
  Dense<double> layer{2, 3, rng};
  layer.weight << 3, 4, 0.3, -0.4, -6, 8;
  layer.bias.setConstant(100);
  BatchNorm<double> norm{3};
  norm.gamma.setConstant(100);
  Sequential net{layer, norm};
  MaxNorm{.limit = 2}.apply(net);
  CHECK(net.layer<0>().weight.isApprox(Matrix<double>{{1.2, 1.6}, {0.3, -0.4}, {-1.2, 1.6}}, 1e-15));
  CHECK(net.layer<0>().weight.row(1) == layer.weight.row(1));
  CHECK(net.layer<0>().bias == layer.bias);
  CHECK(net.layer<1>().gamma == norm.gamma);
}

TEST_CASE("MaxNorm: limits every row of several row blocks") {
  Rng rng{1};
  Dense layer{9, 150, rng};
  const Matrix<> before = layer.weight;
  MaxNorm{.limit = 1.4}.apply(layer);
  for (Index i = 0; i < 150; ++i) {
    const float norm = before.row(i).norm();
    const Matrix<> expected = before.row(i) * (norm > 1.4F ? 1.4F / norm : 1.0F);
    CAPTURE(i);
    CHECK(layer.weight.row(i).isApprox(expected, 1e-6F));
  }
  CHECK(layer.weight != before);
}

}  // namespace max_norm_test
