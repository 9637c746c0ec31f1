#include "descent/tables/read_table.hpp"

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace read_table_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

Table parsed(const std::string& text, const TableOptions& options = {}) {
  std::istringstream in{text};
  return read_table(in, options, "houses.csv");
}

std::string complaint_about(const std::string& text, const TableOptions& options = {}) {
  return message_of<FormatError>([&] { parsed(text, options); });
}

}  // namespace

TEST_CASE("read_table: numbers, dates, texts and missing values are kept by column") {
  const Table table = parsed(
      "area,district,sold,price\n"
      "82.5,north,2024-02-29,1e6\n"
      "NA,south,,250000\n"
      "60,?,1970-01-02 06:00,\n"
      "-3,north,1970-01-01,7\n");
  REQUIRE(table.columns.size() == 4);
  CHECK(table.rows() == 4);
  CHECK(table["area"].kind == ColumnKind::numbers);
  CHECK(table["area"].numbers[0] == 82.5);
  CHECK(std::isnan(table["area"].numbers[1]));
  CHECK(table["district"].kind == ColumnKind::texts);
  CHECK(table["district"].categories == std::vector<std::string>{"north", "south"});
  CHECK(table["district"].text(3) == "north");
  CHECK(std::isnan(table["district"].numbers[2]));
  CHECK(table["sold"].kind == ColumnKind::dates);
  CHECK(table["sold"].numbers[0] == 19782);
  CHECK(table["sold"].numbers[2] == 1.25);
  CHECK(std::isnan(table["price"].numbers[2]));
}

TEST_CASE("read_table: quoted values keep separators, quotes and line breaks") {
  const Table table = parsed("\xEF\xBB\xBFname,\"a \"\"b\"\", c\"\r\n\"x\r\ny\",1\r\n\" z\",2\r\n");
  CHECK(table.columns[1].name == "a \"b\", c");
  CHECK(table["name"].text(0) == "x\ny");
  CHECK(table["name"].text(1) == " z");
  CHECK(table.columns[1].numbers == std::vector<double>{1, 2});
}

TEST_CASE("read_table: every line end is accepted") {
  for (const char* end : {"\n", "\r\n", "\r", "\r\r\n"}) {
    const std::string e = end;
    CHECK(parsed("a,b" + e + "1,x" + e + "2,y")["b"].text(1) == "y");
  }
}

TEST_CASE("read_table: columns are chosen, left out and read as text") {
  const std::string text = "zip,area,id\n01234,5,a\n99,6,b\n";
  const Table chosen = parsed(text, {.columns = {"id", "zip"}, .kinds = {{"zip", ColumnKind::texts}}});
  REQUIRE(chosen.columns.size() == 2);
  CHECK(chosen.columns[0].name == "id");
  CHECK(chosen["zip"].text(0) == "01234");
  CHECK(parsed(text, {.leave_out = {"id"}}).columns.size() == 2);
  CHECK(parsed(text, {.kinds = {{"not there", ColumnKind::texts}}}).columns.size() == 3);
  CHECK_THAT(complaint_about(text, {.columns = {"ID"}}),
             ContainsSubstring("houses.csv:1") && ContainsSubstring("expected a column named \"ID\""));
  CHECK_THROWS_AS(parsed(text, {.columns = {"id", "id"}}), DataError);
}

TEST_CASE("read_table: a file without a header and one with decimal commas are read") {
  const Table table = parsed("1,5;x\n2,25;y\n", {.header = false, .decimal = ','});
  CHECK(table["0"].numbers == std::vector<double>{1.5, 2.25});
  CHECK(table["1"].text(1) == "y");
}

TEST_CASE("read_table: an error names source, line and column") {
  CHECK_THAT(complaint_about("a,b\n1,2\n3,4x\n"),
             ContainsSubstring("read_table: houses.csv:3: expected a number in "
                               "column \"b\", got \"4x\"") &&
                 ContainsSubstring(".kinds"));
  CHECK_THAT(complaint_about("a,b\n1,2\n3,\"4\n5"),
             ContainsSubstring("houses.csv:3: expected a closing quote"));
  CHECK_THAT(complaint_about("a,b\n1,2\n3\n"),
             ContainsSubstring("houses.csv:3: expected 2 values, as in the header, got 1"));
  CHECK_THAT(complaint_about("a,a\n1,2\n"),
             ContainsSubstring("expected one column named \"a\", got several"));
  CHECK_THAT(complaint_about("a\n2024-01-01\n2024-02-30\n"),
             ContainsSubstring(
                 "houses.csv:3: expected a date such as 2024-05-01 in column \"a\", got \"2024-02-30\""));
  CHECK_THAT(complaint_about("a;b\n1;2\n3\n", {.separator = ';'}), ContainsSubstring("houses.csv:3"));
  CHECK_THAT(complaint_about("a\n1.5\n1,5\n", {.separator = ';'}), ContainsSubstring(".decimal = ','"));
  CHECK_THAT(complaint_about(""), ContainsSubstring("expected a header line, got an empty file"));
  CHECK_THAT(complaint_about("a\n1e999\n"), ContainsSubstring("expected a finite number in column \"a\""));
  CHECK_THAT(complaint_about("a\nx\"" + std::string(100000, 'y') + "\n1\n\"\n"),
             ContainsSubstring("houses.csv:4: expected a closing quote"));
  CHECK_THAT(message_of<FormatError>([] { read_table(std::filesystem::path{"no/such/file.csv"}); }),
             ContainsSubstring("file not found"));
}

TEST_CASE("read_table: a huge value is one value, and shortened in a message") {
  const std::string huge(1 << 20, 'q');
  CHECK(parsed("a\n\"" + huge + "\"\n")["a"].text(0) == huge);
  CHECK(complaint_about("a\n1\n" + huge + "\n").size() < 500);
}

TEST_CASE("read_table: 60,000 columns are read") {
  std::string names = "c0", values = "0";
  for (int i = 1; i < 60000; ++i) {
    names += ",c" + std::to_string(i);
    values += ',' + std::to_string(i);
  }
  const Table table = parsed(names + '\n' + values + '\n');
  CHECK(table.columns.size() == 60000);
  CHECK(table["c59999"].numbers[0] == 59999);
}

TEST_CASE("read_table: the locale does not change the numbers") {
  const support::DecimalComma locale;
  CHECK(parsed("a\n1.5\n")["a"].numbers[0] == 1.5);
}

}  // namespace read_table_test
