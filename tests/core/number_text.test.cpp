#include "descent/core/number_text.hpp"

#include <cstdio>
#include <limits>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"

namespace number_text_test {

using namespace descent;
using detail::number_text;
using detail::parse_number;

namespace {

double parsed(std::string_view text) {
  double value = -1;
  CHECK(parse_number(text, value));
  return value;
}

}  // namespace

TEST_CASE("number_text: prints as printf does in the C locale") {
  for (const double value : {0.0, -0.1, 1.0 / 3, 1234567.5, 2.5e-9, 1e22, std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::infinity()}) {
    CAPTURE(value);
    const auto by_printf = [&](const char* format, int digits) {
      char text[400];
      std::snprintf(text, sizeof text, format, digits, value);
      return std::string{text};
    };
    CHECK(number_text(value, std::chars_format::general, 17) == by_printf("%.*g", 17));
    CHECK(number_text(value, std::chars_format::fixed, 4) == by_printf("%.*f", 4));
    CHECK(number_text(value, std::chars_format::scientific, 3) == by_printf("%.*e", 3));
  }
}

TEST_CASE("under_decimal_comma: streams print a decimal comma and groups of three digits") {
  const std::string text = support::under_decimal_comma([] {
    std::ostringstream out;
    out << 1234567 << ' ' << 1.5;
    return out.str();
  });
  CHECK(text == "1.234.567 1,5");
}

TEST_CASE("number_text: printing and parsing do not depend on the locale") {
  const auto printed = [](double value) { return number_text(value, std::chars_format::fixed, 1); };
  CHECK(support::under_decimal_comma([&] { return printed(1234567.5); }) == "1234567.5");
  for (const char* text : {"1234567.5", "-2.5e-3", "1,5", "1.234,5", "1.234.567"}) {
    CAPTURE(text);
    double value = 0, foreign = 0;
    const bool is_number = parse_number(text, value);
    CHECK(support::under_decimal_comma([&] { return parse_number(text, foreign); }) == is_number);
    if (is_number) CHECK(foreign == value);
  }
}

TEST_CASE("parse_number: accepts numbers and nothing else") {
  CHECK(parsed("+2") == 2);
  CHECK(parsed(".5") == 0.5);
  CHECK(parsed("6.") == 6);
  CHECK(parsed("1e999") == std::numeric_limits<double>::infinity());
  CHECK(parsed("-1e-999") == 0);
  double value = 0;
  for (const char* text : {"", "x", "1x", " 1", "0x10", "--1", "+-1", "+", "1 2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text, value));
  }
}

TEST_CASE("right_aligned: pads on the left as left_aligned does on the right") {
  CHECK(detail::right_aligned("ab", 4) == "  ab");
  CHECK(detail::left_aligned("ab", 4) == "ab  ");
  CHECK(detail::right_aligned("abcde", 4) == "abcde");
  CHECK(detail::left_aligned("abcde", 4) == "abcde");
}

}  // namespace number_text_test
