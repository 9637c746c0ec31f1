#include "descent/metrics/r2.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "descent/metrics/root_mean_squared_error.hpp"
#include "support.hpp"

namespace r2_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

constexpr double rounding = 1e-14;

double r2(const Matrix<double>& prediction, const Matrix<double>& target) {
  R2 metric;
  metric.update(prediction, target);
  return metric.value();
}

}  // namespace

TEST_CASE("R2: equals values computed by hand") {
  const Matrix<double> target{{3, -0.5, 2, 7}}, mean = Matrix<double>::Constant(1, 4, target.mean());
  // Residuals -0.5, 0.5, 0, 1; the mean of the targets is 2.875.
  CHECK_THAT(r2(Matrix<double>{{2.5, 0, 2, 8}}, target), WithinAbs(1 - 1.5 / 29.1875, rounding));
  CHECK(r2(target, target) == 1);
  CHECK_THAT(r2(mean, target), WithinAbs(0, rounding));
  CHECK(r2(-target, target) < 0);
}

TEST_CASE("R2: is the mean over several outputs") {
  const Matrix<double> target{{3, -0.5, 2, 7}, {1, 2, 3, 4}}, prediction{{2.5, 0, 2, 8}, {1, 2, 3, 5}};
  CHECK_THAT(r2(prediction, target), WithinAbs((1 - 1.5 / 29.1875 + 1 - 1.0 / 5) / 2, rounding));
}

TEST_CASE("R2: is 1 or 0 for constant targets") {
  const Matrix<double> target{{2, 2, 2}};
  CHECK(r2(target, target) == 1);
  CHECK(r2(Matrix<double>{{2, 2, 3}}, target) == 0);
}

TEST_CASE("R2: is not-a-number before the second sample") {
  CHECK(std::isnan(R2{}.value()));
  CHECK(std::isnan(r2(Matrix<double>{{1}}, Matrix<double>{{2}})));
}

TEST_CASE("R2: is accurate for targets far from 0") {
  const double offset = 1e8;
  const Matrix<double> target{{3, -0.5, 2, 7}}, prediction{{2.5, 0, 2, 8}};
  CHECK_THAT(r2(prediction.array() + offset, target.array() + offset), WithinAbs(1 - 1.5 / 29.1875, 1e-8));
}

TEST_CASE("R2: refuses a number of outputs that differs within or between batches") {
  R2 metric;
  CHECK_THAT(message_of<ShapeError>([&] { metric.update(Matrix<>(2, 3), Matrix<>(1, 3)); }),
             ContainsSubstring("r2: expected 2 target rows, one per output, got 1"));
  metric.update(Matrix<double>{{1, 2}}, Matrix<double>{{1, 2}});
  CHECK_THAT(message_of<ShapeError>([&] { metric.update(Matrix<>(2, 3), Matrix<>(2, 3)); }),
             ContainsSubstring("r2: expected 1 outputs as before, got 2"));
}

TEST_CASE("RootMeanSquaredError: takes one root over all batches") {
  RootMeanSquaredError metric;
  metric.update(Matrix<double>{{1, 2}}, Matrix<double>{{1, 5}});
  metric.update(Matrix<double>{{0}}, Matrix<double>{{4}});
  CHECK(metric.value() == std::sqrt((0 + 9 + 16) / 3.0));
  CHECK(std::isnan(RootMeanSquaredError{}.value()));
  CHECK_THAT(message_of<ShapeError>([&] { metric.update(Matrix<>(2, 3), Matrix<>(1, 3)); }),
             ContainsSubstring("root_mean_squared_error: expected 2 target rows, one per output, got 1"));
}

TEST_CASE("R2: scores single outputs") {
  const Matrix<double> target{{3, -0.5, 2, 7}, {1, 2, 3, 4}}, prediction{{2.5, 0, 2, 8}, {1, 2, 3, 5}};
  R2 r2, second{.of_output = 1, .name = "r2_1"};
  RootMeanSquaredError rmse, first{.of_output = 0};
  for (auto* metric : {&r2, &second}) metric->update(prediction, target);
  for (auto* metric : {&rmse, &first}) metric->update(prediction, target);
  // Squared residuals 0.25, 0.25, 0, 1 and 0, 0, 0, 1; the spreads are 29.1875 and 5.
  REQUIRE(r2.per_output().size() == 2);
  CHECK_THAT(r2.per_output()[0], WithinAbs(1 - 1.5 / 29.1875, rounding));
  CHECK_THAT(r2.per_output()[1], WithinAbs(1 - 1.0 / 5, rounding));
  CHECK(second.value() == r2.per_output()[1]);
  CHECK(rmse.per_output() == std::vector{std::sqrt(1.5 / 4), std::sqrt(1.0 / 4)});
  CHECK(first.value() == rmse.per_output()[0]);
  CHECK_THAT(rmse.value(), WithinAbs(std::sqrt(2.5 / 8), rounding));

  CHECK(message_of<DataError>([&] { R2{.of_output = 2}.check(2, target); }) ==
        "r2: expected .of_output from 0 to 1, got 2; count the outputs from 0");
  RootMeanSquaredError none{.of_output = -1};
  none.update(prediction, target);
  CHECK_THROWS_AS(none.value(), DataError);
}

// Targets 1, 2, 4 of weights 1, 2, 1: mean 9/4, spread 25/16 + 2/16 + 49/16 = 19/4; residuals 0, 2 * 1/4, 1.
TEST_CASE("R2: weights samples") {
  const Matrix<double> p{{1, 2.5, 5}}, t{{1, 2, 4}};
  const Vector<double> weights{{1, 2, 1}};
  R2 r2;
  r2.update(p, t, weights);
  CHECK_THAT(r2.value(), WithinRel(1 - 1.5 / 4.75, rounding));
  RootMeanSquaredError error;
  error.update(p, t, weights);
  CHECK_THAT(error.value(), WithinRel(std::sqrt(1.5 / 4), rounding));
  // A scale of all weights changes neither, down to a sum below that of two samples.
  R2 small;
  small.update(p, t, Vector<double>{weights / 16});
  CHECK_THAT(small.value(), WithinRel(1 - 1.5 / 4.75, rounding));
}

}  // namespace r2_test
