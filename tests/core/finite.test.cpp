#include "descent/core/finite.hpp"

#include <limits>

#include "catch.hpp"
#include "descent/core/types.hpp"

using namespace descent;

TEMPLATE_TEST_CASE("all_finite finds a single bad number wherever it stands", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  // More than one vector register, and a rest that fills none.
  Vector<TestType> values = Vector<TestType>::Constant(37, TestType(-1.5));
  REQUIRE(all_finite(values));

  for (const TestType bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
    for (Index i = 0; i < values.size(); ++i) {
      const TestType good = values[i];
      values[i] = bad;
      CAPTURE(bad, i);
      CHECK_FALSE(all_finite(values));
      values[i] = good;
    }
  }
}

TEMPLATE_TEST_CASE("all_finite is not misled by opposite infinities or by large numbers", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  Matrix<TestType> values(2, 2);
  values << Limits::max(), Limits::max(), Limits::lowest(), Limits::denorm_min();
  CHECK(all_finite(values));
  values << Limits::infinity(), -Limits::infinity(), 0, 0;
  CHECK_FALSE(all_finite(values));
}

TEST_CASE("Nothing at all is finite, and so is a part that leaves the bad number out") {
  CHECK(all_finite(Matrix<>(0, 0)));
  CHECK(all_finite(Matrix<>(3, 0)));
  Matrix<> values = Matrix<>::Zero(2, 3);
  values(1, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(all_finite(values.leftCols(2)));
  CHECK_FALSE(all_finite(values.rightCols(1)));
}
