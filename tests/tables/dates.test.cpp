#include "descent/tables/dates.hpp"

#include <string_view>

#include "catch.hpp"

namespace dates_test {

using namespace descent;

namespace {

double days(std::string_view text) {
  double value = 0;
  REQUIRE(detail::parse_date(text, value));
  return value;
}

}  // namespace

TEST_CASE("dates: a date is the number of days since 1970-01-01") {
  CHECK(days("1970-01-01") == 0);
  CHECK(days("1970-02-01") == 31);
  CHECK(days("2000-03-01") == 11017);  // date -d 2000-03-01 +%s / 86400
  CHECK(days("2024-02-29") == 19782);
  CHECK(days("1969-12-31") == -1);
  CHECK(days("1970-01-02T12:00") == 1.5);
  CHECK(days("1970-01-02 06:00:00Z") == 1.25);
}

TEST_CASE("dates: a text that is no valid date of ISO 8601 is refused") {
  double value = 0;
  for (const char* text : {"", "1970", "1970-1-1", "2023-02-29", "2024-13-01", "2024-00-10", "01.02.2024",
                           "2024-05-01x", "2024-05-01T", "2024-05-01T24:00", "2024-05-01T10:61",
                           "2024-05-01T10:00:0", "20240501", "2024-05-01T10:00:00+02"}) {
    CAPTURE(text);
    CHECK_FALSE(detail::parse_date(text, value));
  }
}

TEST_CASE("dates: the text of a number of days is its date") {
  for (const char* text : {"1970-01-01", "2024-02-29", "1969-12-31", "0999-10-07"})
    CHECK(detail::date_text(days(text)) == text);
  CHECK(detail::date_text(1.75) == "1970-01-02");
  CHECK(detail::date_text(1e300) == "1e+300 days");
}

}  // namespace dates_test
