#include "losses/reference.hpp"

namespace sigmoid_cross_entropy_test {

using namespace descent;
using Catch::Matchers::WithinAbs;

TEST_CASE("SigmoidCrossEntropy: equals the reference", "[losses][golden]") {
  CHECK(equals_reference<SigmoidCrossEntropy>() == 1);
}

// The closed form -t log s - (1 - t) log(1 - s), computed by hand where it is exact.
TEST_CASE("SigmoidCrossEntropy: equals its formula", "[losses]") {
  const SigmoidCrossEntropy loss;
  const auto cost = [&](double z, double t) {
    return mean_of(loss, Matrix<double>{{z}}, Matrix<double>{{t}});
  };
  CHECK_THAT(cost(0, 0), WithinAbs(std::log(2.0), golden::one_step));
  CHECK_THAT(cost(0, 0.3), WithinAbs(std::log(2.0), golden::one_step));
  CHECK_THAT(cost(std::log(3.0), 1), WithinAbs(std::log(4.0 / 3), golden::one_step));  // s = 3/4
  CHECK_THAT(cost(std::log(3.0), 0), WithinAbs(std::log(4.0), golden::one_step));
  CHECK_THAT(cost(-std::log(3.0), 0.5),
             WithinAbs(0.5 * std::log(4.0) + 0.5 * std::log(4.0 / 3), golden::one_step));
}

TEST_CASE("SigmoidCrossEntropy: is exact at extreme logits", "[losses]") {
  const SigmoidCrossEntropy loss;
  Matrix<double> dy;
  CHECK(mean_of(loss, Matrix<double>{{1e4, -1e4}}, Matrix<double>{{1, 0}}, dy) == 0);
  CHECK(dy.isZero(0));
  CHECK(mean_of(loss, Matrix<double>{{1e4, -1e4}}, Matrix<double>{{0, 1}}, dy) == 1e4);
  CHECK(dy == Matrix<double>{{0.5, -0.5}});
}

TEST_CASE("SigmoidCrossEntropy: equals SoftmaxCrossEntropy of two classes with one logit at zero",
          "[losses]") {
  const Matrix<double> z{{0.3, -2, 7}}, t{{1, 0, 1}};
  Matrix<double> two(2, 3);
  two << Matrix<double>::Zero(1, 3), z;
  CHECK_THAT(mean_of(SigmoidCrossEntropy{}, z, t),
             WithinAbs(mean_of(SoftmaxCrossEntropy{}, two, t), golden::one_step));
}

TEST_CASE("SigmoidCrossEntropy: refuses targets below 0 or above 1", "[losses]") {
  const SigmoidCrossEntropy loss;
  for (const double wrong : {-0.1, 1.1, std::nan("")})
    CHECK_THROWS_WITH(loss.check(1, Matrix<double>{{0, wrong}}),
                      Catch::Matchers::ContainsSubstring("expected a target in [0, 1], got"));
}

// -(c t log s + (1 - t) log(1 - s)), as PyTorch's BCEWithLogitsLoss with pos_weight = c; s(log 3) = 3/4.
TEST_CASE("SigmoidCrossEntropy: a positive weight multiplies the loss of targets of 1", "[losses]") {
  const SigmoidCrossEntropy loss{.positive_weight = 5};
  const double z = std::log(3.0);
  Matrix<double> dy;
  const Matrix<double> logits{{z, z, z}}, targets{{1, 0, 0.5}};
  // -5 log(3/4) - log(1/4) - (5/2 log(3/4) + 1/2 log(1/4))
  const double expected = 7.5 * std::log(4.0 / 3) + 1.5 * std::log(4.0);
  CHECK_THAT(loss.value(logits, targets).sum, WithinAbs(expected, 1e-14));
  CHECK_THAT(loss.value_and_gradient(logits, targets, dy).sum, WithinAbs(expected, 1e-14));
  // d/dz = -c t (1 - s) + (1 - t) s: -5/4, 3/4 and -5/8 + 3/8
  golden::require_close(dy, Matrix<double>{{-1.25, 0.75, -0.25}}, 1e-15);
}

TEST_CASE("SigmoidCrossEntropy: a positive weight stays exact at extreme logits", "[losses]") {
  const SigmoidCrossEntropy loss{.positive_weight = 2};
  Matrix<double> dy;
  CHECK(loss.value_and_gradient(Matrix<double>{{1e4, -1e4}}, Matrix<double>{{1, 0}}, dy).sum == 0);
  CHECK(dy.isZero(0));
  CHECK(loss.value_and_gradient(Matrix<double>{{1e4, -1e4}}, Matrix<double>{{0, 1}}, dy).sum == 3e4);
  CHECK(dy == Matrix<double>{{1, -2}});
}

TEST_CASE("SigmoidCrossEntropy: a positive weight that is not positive is refused", "[losses]") {
  const Matrix<double> one{{1}};
  for (const double wrong : {0.0, -1.0, std::nan("")}) {
    const SigmoidCrossEntropy loss{.positive_weight = wrong};
    CHECK_THROWS_WITH(loss.check(1, one), Catch::Matchers::ContainsSubstring(
                                              "SigmoidCrossEntropy: expected .positive_weight above 0, got"));
    CHECK_THROWS_AS(loss.value(one, one), DataError);
  }
}

TEST_CASE("SigmoidCrossEntropy: positive weights of the outputs equal that of each output alone",
          "[losses]") {
  const Matrix<double> z{{2, -0.5, 800}, {-3, 0, -800}}, t{{1, 0.25, 1}, {0, 1, 1}};
  const std::vector<double> c{3, 0.5};
  const Vector<double> weights{{1, 2, 0.5}};
  Matrix<double> dy, of_row;
  const WeightedSum all = SigmoidCrossEntropy{.positive_weights = c}.value_and_gradient(
      Batch<double>{z}, Batch<double>{t}, dy, weights);
  double sum = 0;
  for (Index i = 0; i < 2; ++i) {
    const Matrix<double> z_row = z.row(i), t_row = t.row(i);
    const SigmoidCrossEntropy alone{.positive_weight = c[static_cast<std::size_t>(i)]};
    sum += alone.value_and_gradient(Batch<double>{z_row}, Batch<double>{t_row}, of_row, weights).sum / 2;
    CHECK((dy.row(i) - of_row / 2).cwiseAbs().maxCoeff() < 1e-15);
  }
  CHECK_THAT(all.sum, Catch::Matchers::WithinAbs(sum, 1e-12 * sum));
  CHECK(all.weight == 3.5);
  const auto value =
      SigmoidCrossEntropy{.positive_weights = c}.value(Batch<double>{z}, Batch<double>{t}, weights);
  CHECK(value.sum == all.sum);
}

TEST_CASE("SigmoidCrossEntropy: positive weights of another number, or not positive, are refused",
          "[losses]") {
  const Matrix<double> z{{2}, {1}}, t{{1}, {0}};
  CHECK_THROWS_AS((SigmoidCrossEntropy{.positive_weights = {1}}.check(2, t)), ShapeError);
  CHECK_THROWS_AS(mean_of(SigmoidCrossEntropy{.positive_weights = {1, 2, 3}}, z, t), ShapeError);
  CHECK_THROWS_AS(mean_of(SigmoidCrossEntropy{.positive_weights = {1, 0}}, z, t), DataError);
}

TEST_CASE("SigmoidCrossEntropy: refuses a target of -1 since it has no ignored class", "[losses]") {
  CHECK_THROWS_AS(SigmoidCrossEntropy{}.check(1, Matrix<double>{{0, ignored_class}}), DataError);
}

}  // namespace sigmoid_cross_entropy_test
