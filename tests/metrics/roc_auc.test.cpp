#include "descent/metrics/roc_auc.hpp"

#include <cmath>

#include "catch.hpp"
#include "descent/core/random.hpp"
#include "support.hpp"

namespace roc_auc_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

double auc(const Matrix<double>& scores, const Matrix<double>& target) {
  RocAuc metric;
  metric.update(scores, target);
  return metric.value();
}

}  // namespace

TEST_CASE("RocAuc: equals values computed by hand") {
  CHECK(auc(Matrix<double>{{0.1, 0.4, 0.35, 0.8}}, Matrix<double>{{0, 0, 1, 1}}) == 0.75);
  CHECK(auc(Matrix<double>{{1, 2, 3, 4}}, Matrix<double>{{0, 0, 1, 1}}) == 1);
  CHECK(auc(Matrix<double>{{1, 2, 3, 4}}, Matrix<double>{{1, 1, 0, 0}}) == 0);
  CHECK(auc(Matrix<double>{{7, 7, 7}}, Matrix<double>{{0, 1, 1}}) == 0.5);
  CHECK(auc(Matrix<double>{{1, 2, 2, 3}}, Matrix<double>{{0, 0, 1, 1}}) == 3.5 / 4);
}

// Few different scores, so that there are many ties; the definition counts pairs.
TEST_CASE("RocAuc: is the fraction of pairs in the right order with ties counting half") {
  constexpr Index m = 300;
  Rng rng{1};
  Matrix<double> scores(1, m), target(1, m);
  for (Index j = 0; j < m; ++j) {
    target(0, j) = static_cast<double>(rng.below(3) == 0);
    scores(0, j) = static_cast<double>(rng.below(20)) + target(0, j);
  }
  double won = 0, pairs = 0;
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < m; ++j) {
      if (!(target(0, i) == 1 && target(0, j) == 0)) continue;
      ++pairs;
      won += scores(0, i) > scores(0, j) ? 1 : scores(0, i) == scores(0, j) ? 0.5 : 0;
    }
  }
  CHECK(auc(scores, target) == won / pairs);
}

TEST_CASE("RocAuc: is the same for two outputs and for their difference") {
  const Matrix<double> two{{1, 0, 2, 0}, {0, 1, 1, 0.5}}, target{{0, 1, 0, 0}};
  CHECK(auc(two, target) == auc(Matrix<double>{{-1, 1, -1, 0.5}}, target));
}

TEST_CASE("RocAuc: is not-a-number for a single class") {
  CHECK(std::isnan(auc(Matrix<double>{{1, 2}}, Matrix<double>{{1, 1}})));
  CHECK(std::isnan(auc(Matrix<double>{{1, 2}}, Matrix<double>{{0, 0}})));
  CHECK(std::isnan(RocAuc{}.value()));
}

TEST_CASE("RocAuc: can be merged with itself") {
  RocAuc metric;
  metric.update(Matrix<double>{{0.1, 0.4, 0.35, 0.8}}, Matrix<double>{{0, 0, 1, 1}});
  metric.merge(metric);
  CHECK(metric.samples.size() == 8);
  CHECK(metric.value() == 0.75);
}

TEST_CASE("RocAuc: refuses a third class and scores that are not-a-number") {
  RocAuc metric;
  CHECK_THAT(message_of<ShapeError>([&] { metric.update(Matrix<>(3, 2), Matrix<>(1, 2)); }),
             ContainsSubstring("roc_auc: expected 1 or 2 outputs, got 3"));
  CHECK_THAT(message_of<DataError>([&] {
               metric.update(Matrix<double>{{1, std::nan("")}}, Matrix<double>{{0, 1}});
             }),
             ContainsSubstring("roc_auc: expected a score, got not-a-number for sample 1"));
}

// By counting the pairs: class 1 scores 3 (weight 2) and 1 (weight 1), class 0 scores 2 (weight 3) and 1 (weight 1).
// 3 is above both, 2 (3 + 1); 1 is below 2 and ties with 1, 1/2: 8.5 of 3 * 4.
TEST_CASE("RocAuc: weights a pair by the product of its sample weights") {
  RocAuc metric;
  metric.update(Matrix<double>{{3, 1, 2, 1}}, Matrix<double>{{1, 1, 0, 0}}, Vector<double>{{2, 1, 3, 1}});
  CHECK(metric.value() == 8.5 / 12);
}

}  // namespace roc_auc_test
