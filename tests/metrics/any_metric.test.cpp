#include "descent/metrics/any_metric.hpp"

#include <concepts>
#include <vector>

#include "catch.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/confusion_matrix.hpp"

namespace any_metric_test {

using namespace descent;

namespace {

const Matrix<> output = Matrix<>::Constant(1, 4, 1);  // class 1
const Matrix<> right = Matrix<>::Constant(1, 4, 1), wrong = Matrix<>::Zero(1, 4);

}  // namespace

TEST_CASE("AnyMetric: has the name and the value of its metric") {
  AnyMetric<> metric = Accuracy{};
  CHECK(metric.name() == "accuracy");
  metric.update(output, right);
  metric.update(output, wrong);
  CHECK(metric.value() == 0.5);
}

TEST_CASE("AnyMetric: copies count independently") {
  AnyMetric<> metric = Accuracy{};
  metric.update(output, right);
  AnyMetric<> copy = metric;
  copy.update(output, wrong);
  CHECK(metric.value() == 1);
  CHECK(copy.value() == 0.5);

  metric = copy;
  copy.update(output, wrong);
  CHECK(metric.value() == 0.5);
}

TEST_CASE("AnyMetric: a list of metrics is copied with its metrics") {
  const std::vector<AnyMetric<>> fresh{Accuracy{}, Accuracy{.threshold = 2}};
  std::vector<AnyMetric<>> used = fresh;
  for (AnyMetric<>& metric : used) metric.update(output, right);
  CHECK(used[0].value() == 1);
  CHECK(used[1].value() == 0);
  CHECK_FALSE(fresh[0].value() == 1);
}

TEST_CASE("AnyMetric: converts only from metrics whose value is a number") {
  STATIC_REQUIRE(std::convertible_to<Accuracy, AnyMetric<>>);
  STATIC_REQUIRE(std::convertible_to<Accuracy, AnyMetric<double>>);
  STATIC_REQUIRE_FALSE(std::convertible_to<double, AnyMetric<>>);
}

}  // namespace any_metric_test
