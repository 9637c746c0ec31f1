#include "descent/core/errors.hpp"

#include <filesystem>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace errors_test {

using namespace descent;
using support::message_of;

TEST_CASE("Error: the text reads component, problem, cure") {
  CHECK(DataError("fit", "expected samples, got none", "pass data").what() ==
        std::string{"fit: expected samples, got none; pass data"});
  CHECK(FormatError("read_csv", "cut short", "").what() == std::string{"read_csv: cut short"});
}

TEST_CASE("Error: every error derives from Error and from std::runtime_error") {
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, Error>);
  STATIC_REQUIRE(std::is_base_of_v<Error, ShapeError>);
  STATIC_REQUIRE(std::is_base_of_v<Error, DataError>);
  STATIC_REQUIRE(std::is_base_of_v<Error, FormatError>);
  STATIC_REQUIRE(std::is_base_of_v<Error, NumericalError>);
}

TEST_CASE("ShapeError: compositions prepend the position of the layer") {
  const ShapeError inner{"Dense", "expected 256 features, got 128"};
  CHECK(inner.what() == std::string{"Dense: expected 256 features, got 128"});

  const ShapeError in_chain = inner.at("2", "the layer before it ends in 128");
  CHECK(in_chain.what() ==
        std::string{"Dense \"2\": expected 256 features, got 128; the layer before it ends in 128"});

  SECTION("the outer position comes first and the innermost cure stays") {
    CHECK(in_chain.at("0", "another cure").what() ==
          std::string{"Dense \"0.2\": expected 256 features, got 128; the layer before it ends in 128"});
  }
  SECTION("an empty cure adds nothing") {
    CHECK(inner.at("0", "").what() == std::string{"Dense \"0\": expected 256 features, got 128"});
  }
}

TEST_CASE("joined: prints texts and numbers and quotes paths") {
  CHECK(detail::joined("a", 1, ' ', 2.5, std::string{"b"}) == "a1 2.5b");
  CHECK(detail::joined().empty());
  CHECK(detail::joined(std::numeric_limits<long long>::min(), true, -1.25e-30F) ==
        "-92233720368547758081-1.25e-30");
  CHECK(detail::joined(1.0 / 3, ' ', std::numeric_limits<double>::infinity()) == "0.333333 inf");
  CHECK(detail::joined("at ", std::filesystem::path{"a.csv"}) == "at \"a.csv\"");
}

TEST_CASE("expect_features: throws unless the sizes agree") {
  CHECK_NOTHROW(expect_features("Dense", 3, 3));
  CHECK(message_of<ShapeError>([] { expect_features("Dense", 3, 4); }) ==
        "Dense: expected 3 features, got 4");
}

TEST_CASE("joined: prints numbers the same in every locale") {
  CHECK(support::under_decimal_comma([] {
          return detail::joined(0.5, ' ', 1234567, ' ', 1.5F, ' ', -2.5e-10);
        }) == "0.5 1234567 1.5 -2.5e-10");
}

}  // namespace errors_test
