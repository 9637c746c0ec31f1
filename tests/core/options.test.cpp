#include "descent/core/options.hpp"

#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace options_test {

using namespace descent;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

bool accepts(void (*expect)(const Option&), double value) {
  try {
    expect({"Thing", "size", value});
    return true;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

TEST_CASE("Option: a value out of range or NaN is refused") {
  CHECK(accepts(expect_share, 0));
  CHECK(accepts(expect_share, 0.999));
  for (const double bad : {1.0, -0.1, not_a_number, infinity}) CHECK_FALSE(accepts(expect_share, bad));
  CHECK(accepts(expect_not_negative, 0));
  for (const double bad : {-1e-300, not_a_number, infinity}) CHECK_FALSE(accepts(expect_not_negative, bad));
  CHECK(accepts(expect_positive, 1e-300));
  for (const double bad : {0.0, -1.0, not_a_number, infinity}) CHECK_FALSE(accepts(expect_positive, bad));
  CHECK(accepts(expect_at_least_one, 1));
  for (const double bad : {0.999, not_a_number, infinity}) CHECK_FALSE(accepts(expect_at_least_one, bad));
}

TEST_CASE("Option: the error names the component and option and the expected and actual value") {
  CHECK(support::message_of<DataError>([] {
          expect_positive({"Thing", "size", -2, "make it larger"});
        }) == "Thing: expected .size above 0, got -2; make it larger");
  CHECK(support::message_of<DataError>([] {
          expect_share({"Thing", "beta", 1});
        }) == "Thing: expected .beta in [0, 1), got 1");
}

}  // namespace options_test
