#include "descent/inference/best_threshold.hpp"

#include "catch.hpp"
#include "descent/layers.hpp"
#include "descent/metrics.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace best_threshold_test {

using namespace descent;
using M = Matrix<double>;

namespace {

const Sequential net{Identity<double>{}};

Dataset<double> scored(const Matrix<double>& scores, const Matrix<double>& targets) {
  return {.x = scores, .y = targets};
}

}  // namespace

TEST_CASE("best_threshold: the midpoint of the outputs at which F1 is largest") {
  // Above -1.5 are 3 of the 3 positives and 1 negative: F1 = 2 * 3 / (4 + 3); all other cuts are worse.
  const auto data = scored(M{{-3, -2, -1, -0.5, 1, 2}}, M{{0, 0, 1, 0, 1, 1}});
  const BestThreshold best = best_threshold(net, data, F1{});
  CHECK(best.threshold == -1.5);
  CHECK(best.value == 6.0 / 7);
  CHECK(evaluate(net, data, F1{.threshold = best.threshold}) == best.value);
}

TEST_CASE("best_threshold: of equal values the threshold closest to equal probability is taken") {
  CHECK(best_threshold(net, scored(M{{-5, -4, 4, 6}}, M{{0, 0, 1, 1}}), Accuracy{}).threshold == 0);
  const Sequential probabilities{Sigmoid<double>{}};
  CHECK(best_threshold(probabilities, scored(M{{-5, 5}}, M{{0, 1}}), Accuracy{}).threshold == 0.5);
}

TEST_CASE("best_threshold: sample weights count, and labels share a threshold") {
  auto data = scored(M{{1, 2, 3}}, M{{0, 1, 0}});
  data.weights = Vector<double>{{5, 1, 1}};
  CHECK(best_threshold(net, data, Accuracy{}).value == 6.0 / 7);
  const auto labels = scored(M{{1, 3}, {4, 0}}, M{{0, 1}, {1, 0}});
  const BestThreshold best = best_threshold(net, labels, MultilabelF1{});
  CHECK(best.threshold == 2);
  CHECK(best.value == 1);
}

TEST_CASE("best_threshold: among very many outputs it is close to the best") {
  Rng rng{1};
  Matrix<double> x(1, 20000), y(1, 20000);
  for (Index j = 0; j < x.cols(); ++j) y(0, j) = (x(0, j) = rng.normal()) > 0.7;
  CHECK(best_threshold(net, scored(x, y), F1{}).value > 0.995);
}

TEST_CASE("best_threshold: one output that never changes leaves the default, several classes are refused") {
  CHECK(best_threshold(net, scored(M{{1, 1}}, M{{0, 1}}), Accuracy{}).threshold == 0);
  CHECK_THROWS_AS(best_threshold(net, scored(M{{1, 3}, {4, 0}}, M{{0, 1}}), F1{}), ShapeError);
  CHECK_THROWS_AS(best_threshold(net, scored(M{{1, 3}}, M{{0, 2}}), F1{}), DataError);
  CHECK_THROWS_AS(best_threshold(net, Dataset<double>{}, F1{}), DataError);
}

}  // namespace best_threshold_test
