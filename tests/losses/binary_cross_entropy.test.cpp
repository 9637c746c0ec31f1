#include "losses/reference.hpp"

namespace binary_cross_entropy_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("BinaryCrossEntropy: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<BinaryCrossEntropy>() == 1);
}

TEST_CASE("BinaryCrossEntropy: equals the reference where log 0 is clamped", "[losses][golden]") {
  // PyTorch rounds the 1e-12 in the gradient to float.
  constexpr double rounding_of_floats = 1e-7;
  const auto any_case = [](const auto&) { return BinaryCrossEntropy{}; };
  CHECK(equals_reference("BinaryCrossEntropy of 0 and 1", any_case, rounding_of_floats) == 1);
}

TEST_CASE("BinaryCrossEntropy: equals SigmoidCrossEntropy after a sigmoid", "[losses]") {
  const Matrix<double> z{{1, -2, 0.5}, {0, 3, 20}}, t{{0, 1, 0.25}, {1, 0.3, 1}};
  Sigmoid<double>::Cache cache;
  Sigmoid<double> sigmoid;
  Sigmoid<double> gradient;
  const Matrix<double>& p = sigmoid.forward(z, cache, Pass::inference());
  Matrix<double> dp, dz;
  CHECK_THAT(mean_of(BinaryCrossEntropy{}, p, t, dp),
             WithinAbs(mean_of(SigmoidCrossEntropy{}, z, t, dz), golden::one_step));
  // At z = 20 rounding has cost 1 - p eight digits.
  golden::require_close(sigmoid.backward(z, dp, cache, gradient, Pass::inference()), dz, 1e-8);
}

TEST_CASE("BinaryCrossEntropy: clamps the logarithm of 0 to -100", "[losses]") {
  Matrix<double> dy;
  CHECK(mean_of(BinaryCrossEntropy{}, Matrix<double>{{0, 1}}, Matrix<double>{{1, 0}}, dy) == 100);
  CHECK(dy.isApprox(Matrix<double>{{-0.5e12, 0.5e12}}));
  CHECK(mean_of(BinaryCrossEntropy{}, Matrix<double>{{0, 1}}, Matrix<double>{{0, 1}}, dy) == 0);
  CHECK(dy.isZero(0));
}

TEST_CASE("BinaryCrossEntropy: refuses values that are not probabilities", "[losses]") {
  const BinaryCrossEntropy loss;
  const Matrix<double> good{{0, 0.5}};
  Matrix<double> dy;
  for (const double wrong : {-0.1, 1.1, std::nan("")}) {
    const Matrix<double> bad{{0.5, wrong}};
    CHECK_THROWS_WITH(loss.check(1, bad),
                      ContainsSubstring("BinaryCrossEntropy: expected a target in [0, 1], got"));
    CHECK_THROWS_AS(mean_of(loss, good, bad), DataError);
    CHECK_THROWS_WITH(mean_of(loss, bad, good, dy),
                      ContainsSubstring("BinaryCrossEntropy: expected a prediction in [0, 1], got") &&
                          ContainsSubstring("for sample 1; end the network in Sigmoid"));
  }
}

TEST_CASE("BinaryCrossEntropy: refuses shapes that do not match", "[losses]") {
  CHECK_THROWS_WITH(BinaryCrossEntropy{}.check(2, Matrix<>(1, 3)),
                    ContainsSubstring("BinaryCrossEntropy: expected 2 target rows, one per output, got 1"));
}

TEST_CASE("BinaryCrossEntropy: a positive weight multiplies the loss of targets of 1", "[losses]") {
  const BinaryCrossEntropy loss{.positive_weight = 5};
  const Matrix<double> p{{0.75, 0.75, 0.75}}, t{{1, 0, 0.5}};
  Matrix<double> dy;
  // -(5 t log p + (1 - t) log(1 - p)), and its derivative -5 t / p + (1 - t) / (1 - p)
  const double expected = 7.5 * std::log(4.0 / 3) + 1.5 * std::log(4.0);
  CHECK_THAT(loss.value(p, t).sum, WithinAbs(expected, 1e-14));
  CHECK_THAT(loss.value_and_gradient(p, t, dy).sum, WithinAbs(expected, 1e-14));
  golden::require_close(dy, Matrix<double>{{-5 / 0.75, 4, -2.5 / 0.75 + 2}}, 1e-14);
}

TEST_CASE("BinaryCrossEntropy: a positive weight agrees with that of SigmoidCrossEntropy", "[losses]") {
  const Matrix<double> z{{1, -2, 0.5}, {0, 3, 4}}, t{{0, 1, 0.25}, {1, 0.3, 1}};
  const Matrix<double> p = 1 / (1 + (-z.array()).exp());
  CHECK_THAT(BinaryCrossEntropy{.positive_weight = 3}.value(p, t).sum,
             WithinAbs((SigmoidCrossEntropy{.positive_weight = 3}.value(z, t).sum), 1e-13));
}

TEST_CASE("BinaryCrossEntropy: positive weights of the outputs agree with those of SigmoidCrossEntropy",
          "[losses]") {
  const Matrix<double> z{{2, -0.5}, {-3, 0}}, t{{1, 0.25}, {0, 1}};
  const Matrix<double> p = (1 + (-z.array()).exp()).inverse();
  const std::vector<double> c{3, 0.5};
  CHECK_THAT(mean_of(BinaryCrossEntropy{.positive_weights = c}, p, t),
             Catch::Matchers::WithinAbs(mean_of(SigmoidCrossEntropy{.positive_weights = c}, z, t), 1e-14));
  CHECK_THROWS_AS((BinaryCrossEntropy{.positive_weights = {1}}.check(2, t)), ShapeError);
  CHECK_THROWS_AS(mean_of(BinaryCrossEntropy{.positive_weights = {1, -1}}, p, t), DataError);
}

}  // namespace binary_cross_entropy_test
