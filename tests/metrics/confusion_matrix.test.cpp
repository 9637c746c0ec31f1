#include "descent/metrics/confusion_matrix.hpp"

#include <algorithm>
#include <initializer_list>
#include <sstream>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace confusion_matrix_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

// The predicted classes are 0, 2, 1, 2, 2.
Matrix<> outputs() {
  Matrix<> m(3, 5);
  m << 5, 0, 1, 0, 0,  //
      1, 0, 7, 0, 0,   //
      2, 3, 0, 1, 1;
  return m;
}

Matrix<> row(std::initializer_list<float> values) {
  Matrix<> m(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), m.data());
  return m;
}

ConfusionMatrix counted() {
  ConfusionMatrix matrix{3};
  matrix.update(outputs(), row({0, 2, 1, 1, 2}));
  return matrix;
}

}  // namespace

TEST_CASE("ConfusionMatrix: counts actual classes by row and predicted classes by column") {
  ConfusionMatrix::Counts expected(3, 3);
  expected << 1, 0, 0,  //
      0, 1, 1,          //
      0, 0, 2;
  CHECK(counted().counts() == expected);
  CHECK(counted().classes() == 3);
  CHECK(counted().value().counts() == expected);
}

TEST_CASE("ConfusionMatrix: has two classes for a single output") {
  ConfusionMatrix matrix{2};
  matrix.update(row({-1, 2, 3}), row({0, 0, 1}));
  ConfusionMatrix::Counts expected(2, 2);
  expected << 1, 1,  //
      0, 1;
  CHECK(matrix.counts() == expected);
}

TEST_CASE("ConfusionMatrix: merging adds the counts") {
  ConfusionMatrix matrix = counted();
  matrix.merge(counted());
  CHECK(matrix.counts() == 2 * counted().counts());
}

TEST_CASE("ConfusionMatrix: prints as a table with dots for zeros") {
  std::ostringstream out;
  out << counted();
  CHECK(out.str() ==
        "actual \\ predicted\n"
        "           0     1     2\n"
        "     0     1     .     .\n"
        "     1     .     1     1\n"
        "     2     .     .     2\n");
}

TEST_CASE("ConfusionMatrix: refuses a target that is not one of its classes") {
  const Matrix<> output = outputs().leftCols(1);
  for (const float target : {3.0F, -2.0F, 0.5F}) {
    CAPTURE(target);
    ConfusionMatrix matrix{3};
    CHECK_THAT(
        message_of<DataError>([&] { matrix.update(output, row({target})); }),
        ContainsSubstring(detail::joined("ConfusionMatrix: expected a class from 0 to 2, got ", target)));
  }
}

TEST_CASE("ConfusionMatrix: refuses a network with more outputs than classes") {
  ConfusionMatrix matrix{2};
  CHECK(message_of<ShapeError>([&] {
          matrix.update(outputs(), row({0, 1, 0, 1, 0}));
        }) == "ConfusionMatrix: expected at most 2 outputs, got 3; construct it with the number of classes");
}

TEST_CASE("ConfusionMatrix: prints the same in every locale") {
  ConfusionMatrix matrix{2};
  matrix.update(Matrix<>::Constant(1, 1234, 1).eval(), Matrix<>::Zero(1, 1234).eval());
  const std::string text = support::under_decimal_comma([&] {
    std::ostringstream out;
    out << matrix;
    return out.str();
  });
  CHECK(text ==
        "actual \\ predicted\n"
        "           0     1\n"
        "     0     .  1234\n"
        "     1     .     .\n");
}

TEST_CASE("ConfusionMatrix: counts are sums of sample weights") {
  ConfusionMatrix matrix{2};
  matrix.update(row({-1, 2, 3}), row({0, 0, 1}), Vector<>{{2, 0.25F, 1}});
  CHECK(matrix.counts() == Matrix<double>{{2, 0.25}, {0, 1}});
  std::ostringstream out;
  out << matrix;
  CHECK(out.str() ==
        "actual \\ predicted\n"
        "           0     1\n"
        "     0     2  0.25\n"
        "     1     .     1\n");
}

}  // namespace confusion_matrix_test
