#include "descent/io/csv/packed_strings.hpp"

#include "catch.hpp"

namespace packed_strings_test {

using descent::detail::PackedStrings;

TEST_CASE("PackedStrings: strings can be added and appended to and cleared") {
  PackedStrings strings;
  CHECK(strings.size() == 0);
  strings.push_back("");
  strings.push_back("one");
  strings.begin();
  strings.append("t");
  strings.append("wo");
  strings.begin();
  REQUIRE(strings.size() == 4);
  CHECK(strings[0].empty());
  CHECK(strings[1] == "one");
  CHECK(strings[2] == "two");
  CHECK(strings[3].empty());
  strings.clear();
  CHECK(strings.size() == 0);
  strings.push_back("again");
  CHECK(strings[0] == "again");
}

}  // namespace packed_strings_test
