#include "descent/data/one_hot.hpp"

#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace one_hot_test {

using namespace descent;
using support::message_of;

TEST_CASE("one_hot: sets a 1 in the row of each class and from_one_hot decodes it") {
  const Matrix<> labels{{0, 2, 1, 2}};
  Matrix<> expected(4, 4);
  expected << 1, 0, 0, 0,  //
      0, 0, 1, 0,          //
      0, 1, 0, 1,          //
      0, 0, 0, 0;
  CHECK(one_hot(labels, 4) == expected);
  CHECK(from_one_hot(expected) == labels);
  CHECK(one_hot(Matrix<double>(1, 0), 3).cols() == 0);
  CHECK(from_one_hot(Matrix<double>(3, 0)).cols() == 0);
}

TEST_CASE("one_hot: labels that are not classes are refused") {
  for (const float bad : {-1.0F, 3.0F, 0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    CAPTURE(bad);
    CHECK(message_of<DataError>([&] {
            one_hot(Matrix<>{{0, bad}}, 3);
          }) == detail::joined("one_hot: expected a class from 0 to 2, got ", bad,
                               " for sample 1; number the classes from 0"));
  }
  CHECK(message_of<ShapeError>([] { one_hot(Matrix<>::Zero(2, 3).eval(), 3); }) ==
        "one_hot: expected one row of classes, got 2 rows; pass labels of shape [1, samples]");
  for (const Index none : {0, -1})
    CHECK(message_of<ShapeError>([&] {
            one_hot(Matrix<>{{0, 1}}, none);
          }) == detail::joined("one_hot: expected at least one class, got ", none,
                               "; pass the number of classes, which is the largest label plus 1"));
}

TEST_CASE("from_one_hot: columns without exactly one 1 are refused") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Vector<>& bad : {Vector<>{{0, 0, 0}}, Vector<>{{1, 1, 0}}, Vector<>{{0.5F, 0.5F, 0}},
                              Vector<>{{1, 0, nan}}, Vector<>{{1, 0, 0.1F}}}) {
    CAPTURE(bad);
    Matrix<> columns(3, 2);
    columns << Vector<>{{0, 1, 0}}, bad;
    CHECK(message_of<DataError>([&] { from_one_hot(columns); }) ==
          "from_one_hot: expected a one-hot column, got other values for sample 1; pass [classes, samples]; "
          "transpose the matrix if its rows are samples");
  }
  CHECK_THROWS_AS(from_one_hot(Matrix<>(0, 3)), DataError);
}

TEST_CASE("one_hot: a message shows a number close to a class in full precision") {
  const double nearly = 1 + 1e-12;
  CHECK_THAT(support::message_of<DataError>([&] { one_hot(Matrix<double>{{nearly}}, 3); }),
             Catch::Matchers::ContainsSubstring("expected a class from 0 to 2, got 1.00000000000"));
}

}  // namespace one_hot_test
