#include "descent/data/one_hot.hpp"

#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace one_hot_test {

using namespace descent;
using support::message_of;

TEST_CASE("one_hot puts a one into the row of each class; from_one_hot reads it back") {
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

TEST_CASE("one_hot refuses what is no class") {
  for (const float bad : {-1.0F, 3.0F, 0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    CAPTURE(bad);
    CHECK(message_of<DataError>([&] {
            one_hot(Matrix<>{{0, bad}}, 3);
          }) == detail::joined("one_hot: expected a class from 0 to 2, got ", bad,
                               " for sample 1; classes are counted from 0"));
  }
  CHECK(message_of<ShapeError>([] { one_hot(Matrix<>::Zero(2, 3).eval(), 3); }) ==
        "one_hot: expected one row of classes, got 2 rows; labels are [1, samples]");
  for (const Index none : {0, -1})
    CHECK(message_of<ShapeError>([&] {
            one_hot(Matrix<>{{0, 1}}, none);
          }) == detail::joined("one_hot: expected at least one class, got ", none,
                               "; give the number of classes, which is the largest label and 1"));
}

TEST_CASE("from_one_hot refuses columns that name no class, or more than one") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Vector<>& bad : {Vector<>{{0, 0, 0}}, Vector<>{{1, 1, 0}}, Vector<>{{0.5F, 0.5F, 0}},
                              Vector<>{{1, 0, nan}}, Vector<>{{1, 0, 0.1F}}}) {
    CAPTURE(bad);
    Matrix<> columns(3, 2);
    columns << Vector<>{{0, 1, 0}}, bad;
    CHECK(
        message_of<DataError>([&] { from_one_hot(columns); }) ==
        "from_one_hot: expected a single one among zeros, got another column for sample 1; rows are classes, "
        "columns are samples: is the matrix transposed?");
  }
  CHECK_THROWS_AS(from_one_hot(Matrix<>(0, 3)), DataError);
}

TEST_CASE("one_hot: a number that is nearly a class is shown as it is") {
  const double nearly = 1 + 1e-12;
  CHECK_THAT(support::message_of<DataError>([&] { one_hot(Matrix<double>{{nearly}}, 3); }),
             Catch::Matchers::ContainsSubstring("expected a class from 0 to 2, got 1.00000000000"));
}

}  // namespace one_hot_test
