#include "descent/regularizers/l2.hpp"

#include "catch.hpp"
#include "descent/layers/activations/prelu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"

namespace l2_test {

using namespace descent;
using Catch::Matchers::WithinRel;

namespace {

constexpr L2 l2{.lambda = 0.3};
constexpr Index samples = 50;
constexpr double rounding = 1e-14;

struct Layers {
  Dense<double> first, last;
};

// Weights of squared norms 14 and 2; biases so large that a penalty on them would show.
Layers known_layers() {
  Rng rng{1};
  Layers layers{Dense<double>{2, 2, rng}, Dense<double>{2, 1, rng}};
  layers.first.weight << 1, 2, 3, 0;
  layers.last.weight << 1, -1;
  layers.first.bias.setConstant(100);
  layers.last.bias.setConstant(100);
  return layers;
}

}  // namespace

TEST_CASE("L2: is lambda / (2 m) times the squared norm of all weights") {
  const auto [first, last] = known_layers();
  const Sequential net{first, BatchNorm<double>{2}, last};
  CHECK_THAT(l2.penalty(net, samples), WithinRel(0.3 / (2 * 50) * (14 + 2), rounding));
  CHECK_THAT(l2.penalty(net, 2 * samples), WithinRel(0.3 / (4 * 50) * (14 + 2), rounding));
  CHECK(L2{}.penalty(net, samples) == 0);

  SECTION("a DynamicSequential has the same penalty") {
    const DynamicSequential<double> network{first, BatchNorm<double>{2}, last};
    CHECK(l2.penalty(network, samples) == l2.penalty(net, samples));
  }
}

TEST_CASE("L2: adds lambda / m W to the gradient of weights only") {
  const auto [first, last] = known_layers();
  const Sequential net{first, BatchNorm<double>{2}, last};
  auto gradient = zeros_like(net);
  gradient.layer<0>().weight.setConstant(7);
  l2.add_gradient(net, gradient, samples);

  Matrix<double> expected(2, 2);
  expected << 7 + 0.006 * 1, 7 + 0.006 * 2, 7 + 0.006 * 3, 7;
  CHECK(gradient.layer<0>().weight.isApprox(expected, rounding));
  CHECK(gradient.layer<0>().bias.isZero(0));
  CHECK(gradient.layer<1>().gamma.isZero(0));
  CHECK(gradient.layer<1>().beta.isZero(0));
  CHECK(gradient.layer<2>().weight.isApprox(0.006 * last.weight, rounding));
}

TEST_CASE("L2: the gradient is the derivative of the penalty") {
  auto [layer, unused] = known_layers();
  auto gradient = zeros_like(layer);
  l2.add_gradient(layer, gradient, samples);

  // Central differences of a quadratic are exact, up to rounding.
  constexpr double h = 1e-3, difference_rounding = 1e-10;
  layer.weight(0, 1) += h;
  const double above = l2.penalty(layer, samples);
  layer.weight(0, 1) -= 2 * h;
  const double below = l2.penalty(layer, samples);
  CHECK_THAT((above - below) / (2 * h), WithinRel(gradient.weight(0, 1), difference_rounding));
}

TEST_CASE("L2: refuses no samples and a gradient of another model") {
  Rng rng{1};
  const Sequential net{Dense{2, 3, rng}};
  Sequential gradient = net, other{Dense{3, 2, rng}};
  for (const Index none : {Index{0}, Index{-1}}) {
    CHECK_THROWS_AS(l2.penalty(net, none), DataError);
    CHECK_THROWS_AS(l2.add_gradient(net, gradient, none), DataError);
  }
  CHECK_THROWS_AS(l2.add_gradient(net, other, 4), ShapeError);
}

TEST_CASE("L2: penalizes biases only with the option and scales never") {
  const auto [first, last] = known_layers();
  BatchNorm<double> norm{2};
  norm.gamma.setConstant(1000);
  norm.beta << 3, 4;
  const Sequential net{first, norm, PReLU<double>{2}, last};
  const L2 with_biases{.lambda = 0.3, .biases = true};
  // Weights 14 and 2, biases 2 * 100^2 and 100^2, beta 3^2 + 4^2.
  CHECK_THAT(with_biases.penalty(net, samples), WithinRel(0.3 / (2 * 50) * (14 + 2 + 30000 + 25), rounding));

  auto gradient = zeros_like(net);
  with_biases.add_gradient(net, gradient, samples);
  CHECK(gradient.layer<0>().weight.isApprox(0.006 * first.weight, rounding));
  CHECK(gradient.layer<0>().bias.isApprox(0.006 * first.bias, rounding));
  CHECK(gradient.layer<1>().beta.isApprox(0.006 * norm.beta, rounding));
  CHECK(gradient.layer<1>().gamma.isZero(0));
  CHECK(gradient.layer<2>().slope.isZero(0));
  CHECK(gradient.layer<3>().bias.isApprox(0.006 * last.bias, rounding));
}

}  // namespace l2_test
