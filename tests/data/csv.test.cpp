#include "descent/data/csv.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

const std::filesystem::path folder = std::filesystem::path{DESCENT_TESTS_DIR} / "data";

template <std::floating_point T = float>
Dataset<T> parsed(const std::string& text, const CsvOptions& options = {}) {
  std::istringstream in{text};
  return read_csv<T>(in, options, "cars.csv");
}

std::string complaint_about(const std::string& text, const CsvOptions& options = {}) {
  return message_of<FormatError>([&] { parsed(text, options); });
}

const std::string cars =
    "mass,power,make\n"
    "1200,90,Opel\n"
    "900,40.5,Fiat\n"
    "1500,110,Opel\n";

}  // namespace

TEST_CASE("A CSV file becomes a column of features and one target for each line") {
  const Dataset<> data = read_csv(folder / "fruit.csv", {.label = "kind"});
  Matrix<> x(2, 4), y(1, 4);
  x << 150, 7, 162, 120,  //
      7.5F, 2, 8.25F, 18;
  y << 0, 2, 0, 1;
  CHECK(data.x == x);
  CHECK(data.y == y);
  CHECK(data.feature_names == std::vector<std::string>{"mass", "length"});
  CHECK(data.class_names == std::vector<std::string>{"apple", "banana", "cherry"});
}

TEST_CASE("Labels that are numbers are the classes themselves") {
  const Dataset<> data = parsed("digit,pixel\n7,1\n0,2\n2.0,3\n", {.label = "digit"});
  CHECK(data.y == Matrix<>{{7, 0, 2}});
  CHECK(data.x == Matrix<>{{1, 2, 3}});
  CHECK(data.class_names.empty());
}

TEST_CASE("A target is any number, and other text no target") {
  const Dataset<double> data = parsed<double>("price,mass\n-1.5,3\n2e3,4\n", {.target = "price"});
  CHECK(data.y == Matrix<double>{{-1.5, 2000}});
  CHECK_THAT(complaint_about(cars, {.target = "make"}), ContainsSubstring("got \"Opel\""));
}

TEST_CASE("Without label and target all columns are features") {
  const Dataset<> data = parsed("a,b\n1,2\n3,4\n");
  CHECK(data.features() == 2);
  CHECK(data.samples() == 2);
  CHECK(data.y.rows() == 0);
  CHECK(data.y.cols() == 2);
}

TEST_CASE("Numbers are read to the last digit, in every usual form") {
  const Dataset<double> data = parsed<double>("a,b,c,d,e,f\n0.1,+2,-3.5e-2,1e+3,.5,6.\n");
  CHECK(data.x == Vector<double>{{0.1, 2, -0.035, 1000, 0.5, 6}});
}

TEST_CASE("Line ends, blank lines and blanks around values do not matter") {
  const Matrix<> expected{{1, 3}, {2, 4}};
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n",
                           "\na,b\n\n1,2\n\n3,4\n\n", " a , b \n 1 ,\t2\n3, 4 \n"}) {
    CAPTURE(text);
    const Dataset<> data = parsed(text);
    CHECK(data.x == expected);
    CHECK(data.feature_names == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("Any character separates, if it is named") {
  CHECK(parsed("a;b\n1;2\n", {.separator = ';'}).x == Vector<>{{1, 2}});
  CHECK(parsed("a\tb\n1\t2\n", {.separator = '\t'}).x == Vector<>{{1, 2}});
}

TEST_CASE("A header alone is a data set without samples") {
  const Dataset<> data = parsed("a,b,kind\n", {.label = "kind"});
  CHECK(data.features() == 2);
  CHECK(data.samples() == 0);
}

TEST_CASE("A line of another length is named, with both lengths") {
  const std::string cure = "; a value or a separator is missing or too many in this line";
  CHECK(complaint_about("a,b,c\n1,2,3\n1,2\n") ==
        "read_csv: cars.csv:3: expected 3 values, as in the header, got 2" + cure);
  CHECK(complaint_about("a,b,c\n1,2,3,4\n") ==
        "read_csv: cars.csv:2: expected 3 values, as in the header, got 4" + cure);
  CHECK(complaint_about("a,b,c\n\n1,2,3\n\n1,2,3,\n") ==
        "read_csv: cars.csv:5: expected 3 values, as in the header, got 4" + cure);
}

TEST_CASE("Text in place of a number is named, with line and column") {
  CHECK(complaint_about(cars) ==
        "read_csv: cars.csv:2: expected a number in column \"make\", got \"Opel\"; "
        "name the column as .label if it is a class, or remove it");
  for (const char* text : {"", "x", "1x", "1 2", "1;2", "0x10", "--1", "+-1", "+"}) {
    CAPTURE(text);
    CHECK_THAT(complaint_about(concat("a,b\n1,2\n3,", text, "\n")),
               ContainsSubstring(concat("cars.csv:3: expected a number in column \"b\", got \"", text, '"')));
  }
}

TEST_CASE("A number that is not finite is named, with line and column") {
  for (const char* text : {"nan", "NaN", "inf", "-inf"}) {
    CAPTURE(text);
    CHECK(complaint_about(concat("a,b\n1,", text, "\n")) ==
          concat("read_csv: cars.csv:2: expected a finite number in column \"b\", got ", text,
                 "; remove the line, or fill the value in"));
  }
}

TEST_CASE("A number too large for the scalar is named, with line and column") {
  const std::string text = "a,b\n1,1e39\n";
  CHECK_THAT(complaint_about(text), ContainsSubstring("cars.csv:2: ") && ContainsSubstring("column \"b\""));
  CHECK(parsed<double>(text).x(1, 0) == 1e39);
}

TEST_CASE("A label column that is not there is named, with those that are") {
  CHECK(complaint_about(cars, {.label = "colour"}) ==
        "read_csv: cars.csv:1: expected a column named \"colour\", got mass, power, make; "
        "the first line of the file must name the columns");
}

TEST_CASE("Labels are all numbers or all texts; the stray one is named, with line and column") {
  const std::string text = complaint_about("mass,make\n1,Opel\n2,7\n3,Fiat\n4,Opel\n", {.label = "make"});
  CHECK_THAT(text, ContainsSubstring("cars.csv:3: ") && ContainsSubstring("column \"make\"") &&
                       ContainsSubstring("all classes as numbers or all as texts"));
}

TEST_CASE("Numbers that are no classes are named, with line and column") {
  for (const char* label : {"-1", "1.5", "nan", "1e9"}) {
    CAPTURE(label);
    const std::string text =
        complaint_about(concat("digit,pixel\n0,1\n", label, ",2\n1,3\n"), {.label = "digit"});
    CHECK_THAT(text, ContainsSubstring("cars.csv:3: ") && ContainsSubstring("column \"digit\"") &&
                         ContainsSubstring("expected classes that are whole numbers from 0"));
  }
}

TEST_CASE("A file that is not there is named, with the folder it was looked for in") {
  const std::string text = message_of<FormatError>([] { read_csv(folder / "missing.csv", {}); });
  CHECK_THAT(text, ContainsSubstring("read_csv: expected a readable file at ") &&
                       ContainsSubstring("missing.csv") &&
                       ContainsSubstring(std::filesystem::current_path().string()));
}

TEST_CASE("An empty file is named") {
  const std::string text = message_of<FormatError>([] { read_csv(folder / "empty.csv", {}); });
  CHECK_THAT(text, ContainsSubstring("empty.csv") &&
                       ContainsSubstring(
                           "expected a header line, got an empty file; the first line names the columns"));
}

TEST_CASE("A column is a label or a target, not both") {
  CHECK(message_of<DataError>([] { parsed(cars, {.label = "make", .target = "power"}); }) ==
        "read_csv: expected a label or a target, got both; give one of the two");
}
