#include "descent/tables/table.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace table_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

const double missing = std::nan("");

Table fruit() {
  return {{{"mass", ColumnKind::numbers, {150, 7.5, missing, 120}},
           {"kind", ColumnKind::texts, {0, 1, 0, missing}, {"apple", "cherry"}},
           {"picked", ColumnKind::dates, {0, 31, 19782, 1}}}};
}

}  // namespace

TEST_CASE("Table: values are found by the name of the column and printed as text") {
  const Table table = fruit();
  CHECK(table.rows() == 4);
  CHECK(table["mass"].text(1) == "7.5");
  CHECK(table["mass"].text(2).empty());
  CHECK(table["kind"].text(1) == "cherry");
  CHECK(table["kind"].text(3).empty());
  CHECK(table["picked"].text(2) == "2024-02-29");
  CHECK_THAT(message_of<DataError>([&] { table["weight"]; }),
             ContainsSubstring("expected a column named \"weight\", got none"));
  CHECK_THROWS_AS(table["mass"].text(4), DataError);
  CHECK_THROWS_AS(table["mass"].text(-1), DataError);
}

TEST_CASE("Table: a subset has the rows of the indices, in their order") {
  const std::vector<Index> rows{3, 1};
  const Table part = fruit().subset(rows);
  CHECK(part.rows() == 2);
  CHECK(part["mass"].numbers == std::vector<double>{120, 7.5});
  CHECK(part["kind"].text(1) == "cherry");
  CHECK_THROWS_AS(fruit().subset(std::vector<Index>{4}), DataError);
  CHECK_THROWS_AS(fruit().subset(std::vector<Index>{-1}), DataError);
}

TEST_CASE("Table: columns of different length and texts without a category are refused") {
  Table table = fruit();
  table.columns[0].numbers.pop_back();
  CHECK_THROWS_AS(table.expect_usable("test"), DataError);
  for (const double code : {-1.0, 2.0, double{INFINITY}}) {
    Table wrong = fruit();
    wrong.columns[1].numbers[0] = code;
    CHECK_THROWS_AS(wrong.expect_usable("test"), DataError);
    CHECK_THROWS_AS(split(wrong), DataError);
  }
}

TEST_CASE("Table: a row is a table of its cells") {
  const Table row =
      table_of({{"mass", 82.5}, {"count", 3}, {"kind", "apple"}, {"picked", "1970-02-01"}, {"taste", {}}});
  CHECK(row.rows() == 1);
  CHECK(row["mass"].numbers[0] == 82.5);
  CHECK(row["count"].numbers[0] == 3);
  CHECK(row["kind"].kind == ColumnKind::texts);
  CHECK(row["kind"].text(0) == "apple");
  CHECK(row["picked"].kind == ColumnKind::dates);
  CHECK(row["picked"].numbers[0] == 31);
  CHECK(std::isnan(row["taste"].numbers[0]));
}

TEST_CASE("Table: split keeps each row in one part, and with .stratify the proportions of a column") {
  Table table;
  table.columns = {{"id", ColumnKind::numbers}, {"kind", ColumnKind::texts, {}, {"a", "b"}}};
  for (int i = 0; i < 100; ++i) {
    table.columns[0].numbers.push_back(i);
    table.columns[1].numbers.push_back(i < 20 ? 1 : 0);
  }
  const auto [train, dev, test] = split(table, {.train = 0.5, .dev = 0.25, .stratify = true}, "kind");
  CHECK(train.rows() == 50);
  CHECK(dev.rows() == 25);
  std::vector<int> seen(100);
  for (const Table* part : {&train, &dev, &test})
    for (const double id : (*part)["id"].numbers) ++seen[static_cast<std::size_t>(id)];
  CHECK(seen == std::vector<int>(100, 1));
  double b = 0;
  for (const double code : train["kind"].numbers) b += code;
  CHECK(b == 10);
  CHECK_THROWS_AS(split(table, {.stratify = true}), DataError);
  CHECK_THROWS_AS(split(table, {}, "no such column"), DataError);
  CHECK_THROWS_AS(split(Table{}), DataError);
}

}  // namespace table_test
