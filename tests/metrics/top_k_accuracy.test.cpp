#include "descent/metrics/top_k_accuracy.hpp"

#include <cmath>

#include "catch.hpp"
#include "descent/metrics/accuracy.hpp"
#include "support.hpp"

namespace top_k_accuracy_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

// The classes by decreasing output: 0 2 1, 2 0 1, and 0 1 2 where the first two tie.
Matrix<> outputs() {
  Matrix<> m(3, 3);
  m << 5, 1, 2,  //
      1, 0, 2,   //
      3, 4, 0;
  return m;
}

double top(Index k, const Matrix<>& classes) {
  TopKAccuracy metric{.k = k};
  metric.update(outputs(), classes);
  return metric.value();
}

Matrix<> row(float a, float b, float c) {
  Matrix<> m(1, 3);
  m << a, b, c;
  return m;
}

}  // namespace

TEST_CASE("TopKAccuracy: is the fraction of classes among the k largest outputs") {
  CHECK(top(1, row(2, 2, 1)) == 1.0 / 3);
  CHECK(top(2, row(2, 2, 1)) == 1);
  CHECK(top(2, row(1, 1, 2)) == 0);
  CHECK(top(3, row(1, 1, 2)) == 1);
  CHECK(top(7, row(1, 1, 2)) == 1);
}

TEST_CASE("TopKAccuracy: equals Accuracy for k = 1 also with ties") {
  for (const auto& classes : {row(0, 2, 0), row(0, 2, 1), row(1, 0, 2)}) {
    Accuracy accuracy;
    accuracy.update(outputs(), classes);
    CHECK(top(1, classes) == accuracy.value());
  }
}

TEST_CASE("TopKAccuracy: is 0 for outputs that are not-a-number") {
  TopKAccuracy metric{.k = 2};
  metric.update(Matrix<>{Matrix<>::Constant(3, 3, std::nanf(""))}, row(0, 1, 2));
  CHECK(metric.value() == 0);
}

TEST_CASE("TopKAccuracy: is named after k by default") {
  CHECK(TopKAccuracy{}.name == "top_5_accuracy");
  CHECK(TopKAccuracy{.k = 3}.name == "top_3_accuracy");
  CHECK(TopKAccuracy{.k = 3, .name = "podium"}.name == "podium");
}

TEST_CASE("TopKAccuracy: refuses a k that is not positive and a single output") {
  TopKAccuracy none{.k = 0}, two{.k = 2};
  CHECK(message_of<DataError>([&] { none.update(outputs(), row(0, 1, 2)); }) ==
        "top_0_accuracy: expected .k of at least 1, got 0; choose 1 or more");
  CHECK_THAT(message_of<ShapeError>([&] { two.update(row(1, 2, 3), row(0, 1, 1)); }),
             ContainsSubstring("top_2_accuracy: expected an output for each class, got a single one"));
}

}  // namespace top_k_accuracy_test
