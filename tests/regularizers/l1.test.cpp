#include "descent/regularizers/l1.hpp"

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/regularizers/l2.hpp"
#include "support.hpp"

namespace l1_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

constexpr Index samples = 50;
constexpr double rounding = 1e-14;

const Dense<double> layer = [] {
  Rng rng{1};
  Dense<double> dense{2, 2, rng};
  dense.weight << 1, -2, 3, 0;
  dense.bias.setConstant(100);
  return dense;
}();

}  // namespace

TEST_CASE("L1: is lambda / m times the sum of the absolute weights") {
  const L1 l1{.lambda = 0.3};
  auto gradient = zeros_like(layer);
  l1.add_gradient(layer, gradient, samples);
  CHECK_THAT(l1.penalty(layer, samples), WithinRel(0.3 / 50 * 6, rounding));
  CHECK(gradient.weight.isApprox(0.006 * Matrix<double>{{1, -1}, {1, 0}}, rounding));
  CHECK(gradient.weight(1, 1) == 0);
  CHECK(gradient.bias.isZero(0));
}

TEST_CASE("ElasticNet: is the sum of L1 and L2") {
  const L1 l1{.lambda = 0.3};
  const L2 l2{.lambda = 0.2};
  const ElasticNet both{.l1 = 0.3, .l2 = 0.2};
  auto sum = zeros_like(layer), gradient = sum;
  l1.add_gradient(layer, sum, samples);
  l2.add_gradient(layer, sum, samples);
  both.add_gradient(layer, gradient, samples);
  CHECK_THAT(both.penalty(layer, samples), WithinRel(0.3 / 50 * 6 + 0.2 / 100 * 14, rounding));
  CHECK(gradient.weight.isApprox(sum.weight, rounding));
  CHECK(ElasticNet{}.penalty(layer, samples) == 0);
}

TEST_CASE("ElasticNet: refuses a negative strength") {
  auto gradient = zeros_like(layer);
  CHECK(message_of<DataError>([] { L1{.lambda = -1}.penalty(layer, samples); }) ==
        "L1: expected .lambda of 0 or more, got -1");
  CHECK_THAT(message_of<DataError>([&] { L2{.lambda = -1}.add_gradient(layer, gradient, samples); }),
             ContainsSubstring("L2: expected .lambda of 0 or more, got -1"));
  CHECK_THAT(message_of<DataError>([] { ElasticNet{.l2 = -1}.penalty(layer, samples); }),
             ContainsSubstring("ElasticNet: expected .l2 of 0 or more, got -1"));
}

TEST_CASE("L1: penalizes biases only with the option") {
  // Weights 1, 2, 3, 0; biases 100 and 100.
  const L1 l1{.lambda = 0.3, .biases = true};
  CHECK_THAT(l1.penalty(layer, samples), WithinRel(0.3 / 50 * (6 + 200), rounding));
  auto gradient = zeros_like(layer);
  l1.add_gradient(layer, gradient, samples);
  CHECK(gradient.bias.isApproxToConstant(0.006, rounding));

  const ElasticNet both{.l1 = 0.3, .l2 = 0.2, .biases = true};
  CHECK_THAT(both.penalty(layer, samples),
             WithinRel(0.3 / 50 * (6 + 200) + 0.2 / 100 * (14 + 20000), rounding));
  both.add_gradient(layer, gradient = zeros_like(layer), samples);
  CHECK(gradient.bias.isApproxToConstant(0.006 + 0.2 / 50 * 100, rounding));
}

}  // namespace l1_test
