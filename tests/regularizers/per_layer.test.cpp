#include "descent/regularizers/per_layer.hpp"

#include <concepts>

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "support.hpp"

namespace per_layer_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

constexpr Index samples = 10;
constexpr double rounding = 1e-14;

Dense<double> filled(double weight) {
  Rng rng{1};
  Dense<double> layer{1, 2, rng};
  layer.weight.setConstant(weight);
  layer.bias.setConstant(100);
  return layer;
}

Dense<double> sum_of(double weight) {
  Rng rng{1};
  Dense<double> layer{2, 1, rng};
  layer.weight.setConstant(weight);
  return layer;
}

// Two weights of 1 in layer 0, of 2 in 2, of 3 in 3.0, of 4 in 3.1.
const Sequential net{filled(1), BatchNorm<double>{2}, sum_of(2), Sequential{filled(3), sum_of(4)}};

}  // namespace

TEST_CASE("PerLayer: penalizes each named layer by its own strength and no other layer") {
  const PerLayer per_layer{{"0", L2{.lambda = 1}}, {"3.1", L1{.lambda = 0.5}}};
  CHECK_THAT(per_layer.penalty(net, samples), WithinRel(1.0 / 20 * 2 + 0.5 / 10 * 8, rounding));

  auto gradient = zeros_like(net);
  per_layer.add_gradient(net, gradient, samples);
  CHECK(gradient.layer<0>().weight.isApprox(Matrix<double>{{0.1}, {0.1}}, rounding));
  CHECK(gradient.layer<0>().bias.isZero(0));
  CHECK(gradient.layer<2>().weight.isZero(0));
  CHECK(gradient.layer<3>().layer<0>().weight.isZero(0));
  CHECK(gradient.layer<3>().layer<1>().weight.isApprox(Matrix<double>{{0.05, 0.05}}, rounding));
}

TEST_CASE("PerLayer: the first matching name applies and an empty name matches all") {
  const PerLayer others{{"3.0", L2{}}, {"3", L1{.lambda = 1}}, {"", ElasticNet{.l2 = 1}}};
  CHECK_THAT(others.penalty(net, samples), WithinRel((8 + 1.0 / 2 * (2 + 8)) / 10, rounding));
  CHECK_THAT((PerLayer{{"", L2{.lambda = 0.3}}}.penalty(net, samples)),
             WithinRel(L2{.lambda = 0.3}.penalty(net, samples), rounding));
}

TEST_CASE("PerLayer: matches whole names so that 1 does not match 10") {
  DynamicSequential<double> deep;
  for (int i = 0; i < 5; ++i) deep.add(filled(1)).add(sum_of(1));
  deep.add(filled(7)).add(sum_of(1));
  CHECK_THAT((PerLayer{{"1", L1{.lambda = 1}}}.penalty(deep, samples)), WithinRel(0.2, rounding));
  CHECK_THAT((PerLayer{{"10", L1{.lambda = 1}}}.penalty(deep, samples)), WithinRel(1.4, rounding));
  CHECK_THAT((PerLayer{{"10.weight", L1{.lambda = 1}}}.penalty(deep, samples)), WithinRel(1.4, rounding));
}

TEST_CASE("PerLayer: refuses names of layers without weights") {
  auto gradient = zeros_like(net);
  for (const char* wrong : {"1", "4", "3.2", "0.w", "0.weight.more", "first"}) {
    const PerLayer per_layer{{"0", L2{.lambda = 1}}, {wrong, L2{.lambda = 1}}};
    CHECK(message_of<DataError>([&] { per_layer.penalty(net, samples); }) ==
          detail::joined(
              "PerLayer: expected the name of a layer with weights, got \"", wrong,
              "\"; the weights are [0.weight, 2.weight, 3.0.weight, 3.1.weight]; count the layers from 0, "
              "activations included"));
    CHECK_THROWS_AS(per_layer.add_gradient(net, gradient, samples), DataError);
  }
  CHECK_THAT(message_of<DataError>([] {
               PerLayer{{"0", ElasticNet{.l1 = -1}}};
             }),
             ContainsSubstring("ElasticNet: expected .l1 of 0 or more, got -1"));
}

TEST_CASE("PerLayer: converts to AnyRegularizer") {
  using Net = std::remove_const_t<decltype(net)>;
  const AnyRegularizer<Net> any = PerLayer{{"0", L2{.lambda = 1}}};
  CHECK(any.penalty(net, samples) == (PerLayer{{"0", L2{.lambda = 1}}}.penalty(net, samples)));
}

TEST_CASE("PerLayer: refuses no samples and a gradient of another model") {
  Rng rng{1};
  const PerLayer penalty{{"0", L2{.lambda = 1}}};
  const Sequential small{Dense{2, 3, rng}};
  Sequential gradient = small, other{Dense{3, 2, rng}};
  CHECK_THROWS_AS(penalty.penalty(small, 0), DataError);
  CHECK_THROWS_AS(penalty.add_gradient(small, gradient, 0), DataError);
  CHECK_THROWS_AS(penalty.add_gradient(small, other, 4), ShapeError);
}

TEST_CASE("PerLayer: penalizes biases only of layers with the option") {
  // Biases of 100: two in layer 0, two in 3.0; beta of layer 1 is 0.
  const PerLayer first{{"0", L2{.lambda = 1, .biases = true}}, {"3", L2{.lambda = 1}}};
  CHECK_THAT(first.penalty(net, samples), WithinRel((2 + 20000 + 18 + 32) / 20.0, rounding));
  const PerLayer others{{"0", L2{}}, {"", L1{.lambda = 1, .biases = true}}};
  CHECK_THAT(others.penalty(net, samples), WithinRel((4 + 6 + 200 + 8) / 10.0, rounding));

  auto gradient = zeros_like(net);
  others.add_gradient(net, gradient, samples);
  CHECK(gradient.layer<0>().bias.isZero(0));
  CHECK(gradient.layer<3>().layer<0>().bias.isApproxToConstant(0.1, rounding));

  const PerLayer only_bias{{"0.bias", L2{.lambda = 1, .biases = true}}};
  CHECK_THAT(only_bias.penalty(net, samples), WithinRel(20000 / 20.0, rounding));
  CHECK_THROWS_AS((PerLayer{{"0.bias", L2{.lambda = 1}}}.penalty(net, samples)), DataError);
}

}  // namespace per_layer_test
