#include "descent/io/csv/packed_strings.hpp"

#include "catch.hpp"

namespace texts_test {

using descent::detail::PackedStrings;

TEST_CASE("PackedStrings are kept one behind another") {
  PackedStrings texts;
  CHECK(texts.size() == 0);
  texts.push_back("");
  texts.push_back("one");
  texts.begin();
  texts.append("t");
  texts.append("wo");
  texts.begin();
  REQUIRE(texts.size() == 4);
  CHECK(texts[0].empty());
  CHECK(texts[1] == "one");
  CHECK(texts[2] == "two");
  CHECK(texts[3].empty());
  texts.clear();
  CHECK(texts.size() == 0);
  texts.push_back("again");
  CHECK(texts[0] == "again");
}

}  // namespace texts_test
