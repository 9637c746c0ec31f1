#include <limits>

#include "descent/metrics/classes.hpp"

#include "catch.hpp"

namespace classes_test {

using namespace descent;

TEST_CASE("predicted_class: is the first of the largest outputs") {
  Matrix<> outputs(3, 4);
  outputs << 1, -5, 0, 2,  //
      3, -4, 0, 2,         //
      2, -3, 0, 1;
  CHECK(predicted_class(outputs, 0) == 1);
  CHECK(predicted_class(outputs, 1) == 2);
  CHECK(predicted_class(outputs, 2) == 0);
  CHECK(predicted_class(outputs, 3) == 0);
}

TEST_CASE("predicted_class: is 1 if a single output is above the threshold") {
  Matrix<> output(1, 3);
  output << -0.5F, 0, 0.25F;
  CHECK(predicted_class(output, 0) == 0);
  CHECK(predicted_class(output, 1) == 0);
  CHECK(predicted_class(output, 2) == 1);
  CHECK(predicted_class(output, 2, 0.5) == 0);
  CHECK(predicted_class(output, 1, -0.25) == 1);
}

TEST_CASE("target_class: is the value of one row or the largest of several") {
  Matrix<> numbers(1, 2);
  numbers << 2, 0;
  CHECK(target_class(numbers, 0) == 2);
  CHECK(target_class(numbers, 1) == 0);

  Matrix<> one_hot(3, 1);
  one_hot << 0, 0, 1;
  CHECK(target_class(one_hot, 0) == 2);
}

TEST_CASE("predicted_class: refuses a sample out of range and samples without outputs") {
  const Matrix<> outputs = Matrix<>::Ones(3, 2), none(0, 2);
  for (const Index sample : {Index{-1}, Index{2}, std::numeric_limits<Index>::max()}) {
    CHECK_THROWS_AS(predicted_class(outputs, sample), DataError);
    CHECK_THROWS_AS(target_class(outputs, sample), DataError);
  }
  CHECK_THROWS_AS(predicted_class(none, 0), ShapeError);
  CHECK_THROWS_AS(target_class(none, 0), ShapeError);
}

}  // namespace classes_test
