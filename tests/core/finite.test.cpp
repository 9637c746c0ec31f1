#include "descent/core/finite.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "descent/core/types.hpp"

namespace finite_test {

using namespace descent;

namespace {

// Infinity and NaN by the library's functions: this file is also compiled with -ffast-math, under which a compiler may
// assume that the standard's constants never occur.
template <class T>
const T infinite = detail::infinity<T>();
template <class T>
const T no_number = detail::not_a_number<T>();

}  // namespace

TEST_CASE("not_a_number: the bits of NaN and infinity are those of IEEE 754") {
  CHECK(std::bit_cast<std::uint32_t>(infinite<float>) == 0x7F800000);
  CHECK(std::bit_cast<std::uint64_t>(infinite<double>) == 0x7FF0000000000000);
  CHECK(std::bit_cast<std::uint32_t>(no_number<float>) == 0x7FC00000);
  CHECK(std::bit_cast<std::uint64_t>(no_number<double>) == 0x7FF8000000000000);
}

TEMPLATE_TEST_CASE("is_finite: single numbers are classified", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType number :
       {TestType(0), TestType(-1.5), Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()}) {
    CHECK(is_finite(number));
    CHECK_FALSE(is_nan(number));
  }
  for (const TestType sign : {TestType(1), TestType(-1)}) {
    const TestType large = sign * infinite<TestType>, none = sign * no_number<TestType>;
    CHECK_FALSE(is_finite(large));
    CHECK_FALSE(is_nan(large));
    CHECK_FALSE(is_finite(none));
    CHECK(is_nan(none));
  }
}

TEMPLATE_TEST_CASE("has_nan: finds NaN but not infinity", "", float, double) {
  Matrix<TestType> values = Matrix<TestType>::Constant(5, 9, infinite<TestType>);
  CHECK_FALSE(has_nan(values));
  values(3, 4) = no_number<TestType>;
  CHECK(has_nan(values));
  CHECK(has_nan(values.col(4)));
  CHECK(has_nan(values.row(3)));
  CHECK_FALSE(has_nan(values.rightCols(4)));
  CHECK_FALSE(has_nan(values.topRows(3)));
}

TEMPLATE_TEST_CASE("all_finite: finds a single bad number at any index", "", float, double) {
  // Several vector registers and a remainder that does not fill one.
  Vector<TestType> values = Vector<TestType>::Constant(37, TestType(-1.5));
  REQUIRE(all_finite(values));

  for (const TestType bad : {infinite<TestType>, -infinite<TestType>, no_number<TestType>}) {
    for (Index i = 0; i < values.size(); ++i) {
      const TestType good = values[i];
      values[i] = bad;
      CAPTURE(bad, i);
      CHECK_FALSE(all_finite(values));
      values[i] = good;
    }
  }
}

TEMPLATE_TEST_CASE("all_finite: opposite infinities do not cancel and large numbers are finite", "", float,
                   double) {
  using Limits = std::numeric_limits<TestType>;
  Matrix<TestType> values(2, 2);
  values << Limits::max(), Limits::max(), Limits::lowest(), Limits::denorm_min();
  CHECK(all_finite(values));
  values << infinite<TestType>, -infinite<TestType>, 0, 0;
  CHECK_FALSE(all_finite(values));
}

TEST_CASE("all_finite: empty matrices are finite and blocks are tested on their own") {
  CHECK(all_finite(Matrix<>(0, 0)));
  CHECK(all_finite(Matrix<>(3, 0)));
  Matrix<> values = Matrix<>::Zero(2, 3);
  values(1, 2) = no_number<float>;
  CHECK(all_finite(values.leftCols(2)));
  CHECK_FALSE(all_finite(values.rightCols(1)));
}

}  // namespace finite_test
