#include "descent/io/csv.hpp"

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/data/split.hpp"
#include "support.hpp"

namespace csv_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

const std::filesystem::path folder = std::filesystem::path{DESCENT_TESTS_DIR} / "io" / "csv";

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

TEST_CASE("read_csv: each line becomes a sample with its target") {
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

TEST_CASE("read_csv: numeric labels are the classes") {
  const Dataset<> data = parsed("digit,pixel\n7,1\n0,2\n2.0,3\n", {.label = "digit"});
  CHECK(data.y == Matrix<>{{7, 0, 2}});
  CHECK(data.x == Matrix<>{{1, 2, 3}});
  CHECK(data.class_names.empty());
}

TEST_CASE("read_csv: a target is any number and other text is refused") {
  const Dataset<double> data = parsed<double>("price,mass\n-1.5,3\n2e3,4\n", {.target = "price"});
  CHECK(data.y == Matrix<double>{{-1.5, 2000}});
  CHECK_THAT(complaint_about(cars, {.target = "make"}), ContainsSubstring("got \"Opel\""));
}

TEST_CASE("read_csv: without label and target all columns are features") {
  const Dataset<> data = parsed("a,b\n1,2\n3,4\n");
  CHECK(data.features() == 2);
  CHECK(data.samples() == 2);
  CHECK(data.y.rows() == 0);
  CHECK(data.y.cols() == 2);
}

TEST_CASE("read_csv: numbers are read exactly in every common notation") {
  const Dataset<double> data = parsed<double>("a,b,c,d,e,f\n0.1,+2,-3.5e-2,1e+3,.5,6.\n");
  CHECK(data.x == Vector<double>{{0.1, 2, -0.035, 1000, 0.5, 6}});
}

TEST_CASE("read_csv: line endings and blank lines and surrounding whitespace are ignored") {
  const Matrix<> expected{{1, 3}, {2, 4}};
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n",
                           "\na,b\n\n1,2\n\n3,4\n\n", " a , b \n 1 ,\t2\n3, 4 \n"}) {
    CAPTURE(text);
    const Dataset<> data = parsed(text);
    CHECK(data.x == expected);
    CHECK(data.feature_names == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("read_csv: the separator can be chosen") {
  CHECK(parsed("a;b\n1;2\n", {.separator = ';'}).x == Vector<>{{1, 2}});
  CHECK(parsed("a\tb\n1\t2\n", {.separator = '\t'}).x == Vector<>{{1, 2}});
}

TEST_CASE("read_csv: a header alone gives a data set without samples") {
  const Dataset<> data = parsed("a,b,kind\n", {.label = "kind"});
  CHECK(data.features() == 2);
  CHECK(data.samples() == 0);
}

TEST_CASE("read_csv: a line of another length is reported with both lengths") {
  const std::string cure = "; add the missing value or separator to this line, or remove the excess one";
  CHECK(complaint_about("a,b,c\n1,2,3\n1,2\n") ==
        "read_csv: cars.csv:3: expected 3 values, as in the header, got 2" + cure);
  CHECK(complaint_about("a,b,c\n1,2,3,4\n") ==
        "read_csv: cars.csv:2: expected 3 values, as in the header, got 4" + cure);
  CHECK(complaint_about("a,b,c\n\n1,2,3\n\n1,2,3,\n") ==
        "read_csv: cars.csv:5: expected 3 values, as in the header, got 4" + cure);
}

TEST_CASE("read_csv: a value that is not a number is reported with line and column") {
  CHECK(complaint_about(cars) ==
        "read_csv: cars.csv:2: expected a number in column \"make\", got \"Opel\"; "
        "name the column as .label if it is the class, or leave it out: .leave_out = {\"make\"}");
  for (const char* text : {"", "x", "1x", "1 2", "1;2", "0x10", "--1", "+-1", "+"}) {
    CAPTURE(text);
    CHECK_THAT(complaint_about(detail::joined("a,b\n1,2\n3,", text, "\n")),
               ContainsSubstring(
                   detail::joined("cars.csv:3: expected a number in column \"b\", got \"", text, '"')));
  }
}

TEST_CASE("read_csv: a number that is not finite is reported with line and column") {
  for (const char* text : {"-nan", "inf", "-inf", "1e999"}) {
    CAPTURE(text);
    CHECK(complaint_about(detail::joined("a,b\n1,", text, "\n")) ==
          detail::joined("read_csv: cars.csv:2: expected a finite number in column \"b\", got \"", text,
                         "\"; remove the line, or fill the value in"));
  }
}

TEST_CASE("read_csv: a number that underflows is zero") {
  const std::string text = "a,b,c\n1e-60,1e-400,-1.5E-4000\n";
  CHECK(parsed(text).x == Vector<>::Zero(3));
  CHECK(parsed<double>(text).x == Vector<double>{{1e-60, 0, 0}});
}

TEST_CASE("read_csv: a number that overflows is reported with line and column") {
  const std::string text = "a,b\n1,1e39\n";
  CHECK_THAT(complaint_about(text), ContainsSubstring("cars.csv:2: ") && ContainsSubstring("column \"b\""));
  CHECK(parsed<double>(text).x(1, 0) == 1e39);
}

TEST_CASE("read_csv: a missing label column is reported with the columns of the file") {
  CHECK(complaint_about(cars, {.label = "color"}) ==
        "read_csv: cars.csv:1: expected a column named \"color\", got mass, power, make; "
        "choose one of them, or name the columns in the first line");
}

TEST_CASE("read_csv: labels are all numbers or all strings") {
  const std::string text = complaint_about("mass,make\n1,Opel\n2,7\n3,Fiat\n4,Opel\n", {.label = "make"});
  CHECK_THAT(text, ContainsSubstring("cars.csv:3: ") && ContainsSubstring("column \"make\"") &&
                       ContainsSubstring("all classes as numbers or all as strings"));
}

TEST_CASE("read_csv: labels that are not non-negative integers are reported with line and column") {
  for (const char* label : {"-1", "1.5", "inf", "1e9"}) {
    CAPTURE(label);
    const std::string text =
        complaint_about(detail::joined("digit,pixel\n0,1\n", label, ",2\n1,3\n"), {.label = "digit"});
    CHECK_THAT(text, ContainsSubstring("cars.csv:3: ") && ContainsSubstring("column \"digit\"") &&
                         ContainsSubstring("expected integer classes from 0"));
  }
}

TEST_CASE("read_csv: a missing file is reported with the working directory") {
  const std::string text = message_of<FormatError>([] { read_csv(folder / "missing.csv", {}); });
  CHECK_THAT(text, ContainsSubstring("read_csv: expected a readable file at ") &&
                       ContainsSubstring("missing.csv") &&
                       ContainsSubstring(std::filesystem::current_path().string()));
}

TEST_CASE("read_csv: an empty file is refused") {
  const std::string text = message_of<FormatError>([] { read_csv(folder / "empty.csv", {}); });
  CHECK_THAT(text, ContainsSubstring("empty.csv") &&
                       ContainsSubstring(
                           "expected a header line, got an empty file; name the columns in the first line"));
}

TEST_CASE("read_csv: a label and a target are refused") {
  CHECK(message_of<DataError>([] { parsed(cars, {.label = "make", .target = "power"}); }) ==
        "read_csv: expected a label or a target, got both; pass one of the two");
}

TEST_CASE("read_csv: quoted values may contain separators and quotes and whitespace and line breaks") {
  const Dataset<> data = parsed(
      "\"mass, kg\",\"make \"\"A\"\"\",\" c \"\n"
      "\"1\",  \"a,b\" ,2\n"
      "3,\"say \"\"hi\"\"\",4\r\n"
      "5,\"two\r\n\nlines\",\"6\"\n"
      "7,not \"quoted\",8\n",
      {.label = "make \"A\""});
  CHECK(data.feature_names == std::vector<std::string>{"mass, kg", " c "});
  CHECK(data.class_names == std::vector<std::string>{"a,b", "not \"quoted\"", "say \"hi\"", "two\n\nlines"});
  CHECK(data.y == Matrix<>{{0, 2, 3, 1}});
  CHECK(data.x == Matrix<>{{1, 3, 5, 7}, {2, 4, 6, 8}});
}

TEST_CASE("read_csv: line numbers in errors count quoted line breaks") {
  CHECK_THAT(complaint_about("\"a\nb\",c\n1,\"2\"\n1,x\n"),
             ContainsSubstring("cars.csv:4: expected a number"));
  CHECK_THAT(complaint_about("a,b\n1,\"\n\n\"\n"), ContainsSubstring("cars.csv:2: expected a number"));
}

TEST_CASE("read_csv: a quote that is not closed or closed too early is reported") {
  CHECK(complaint_about("a,b\n1,2\n3,\"4\n5,6\n") ==
        "read_csv: cars.csv:3: expected a closing quote, got the end of the file; close the quote in this "
        "line; write a quote within a quoted value twice");
  CHECK(complaint_about("a,b\n1,2\n3,\"4\" x\n") ==
        "read_csv: cars.csv:3: expected a separator after a quoted value, got \"x\"; write a quote within a "
        "quoted "
        "value twice");
}

TEST_CASE("read_csv: a byte order mark is ignored and UTF-16 is refused") {
  CHECK(parsed("\xEF\xBB\xBF\"a\",b\n1,2\n").feature_names == std::vector<std::string>{"a", "b"});
  CHECK(complaint_about(std::string{"\xFF\xFE"
                                    "a\0,\0b\0\n\0",
                                    10}) ==
        "read_csv: cars.csv:1: expected text in UTF-8, got UTF-16; save the file as CSV in UTF-8");
}

TEST_CASE("read_csv: without a header the names of columns are their indices") {
  const Dataset<> data = parsed("1,2,cat\n3,4,ant\n", {.label = "2", .header = false});
  CHECK(data.x == Matrix<>{{1, 3}, {2, 4}});
  CHECK(data.y == Matrix<>{{1, 0}});
  CHECK(data.feature_names == std::vector<std::string>{"0", "1"});
  CHECK(complaint_about("1,2\n1,2,3\n", {.header = false}) ==
        "read_csv: cars.csv:2: expected 2 values, as in the first line, got 3; add the missing value or "
        "separator to this line, or remove the excess one");
  CHECK(complaint_about("1,2\n", {.label = "x", .header = false}) ==
        "read_csv: cars.csv:1: expected a column named \"x\", got 0, 1; choose a column by its index: "
        "\"0\", \"1\" and so on");
  CHECK_THAT(complaint_about("\n\n", {.header = false}),
             ContainsSubstring("expected lines of values, got an empty file"));
}

TEST_CASE("read_csv: several targets become the rows of y in the given order") {
  const Dataset<> data = parsed("a,b,c\n1,2,3\n4,5,6\n", {.targets = {"c", "a"}});
  CHECK(data.x == Matrix<>{{2, 5}});
  CHECK(data.y == Matrix<>{{3, 6}, {1, 4}});
  CHECK(data.feature_names == std::vector<std::string>{"b"});
}

TEST_CASE("read_csv: ambiguous or missing targets are refused") {
  CHECK(message_of<DataError>([] {
          parsed("a,b\n", {.targets = {"a", "a"}});
        }) == "read_csv: expected distinct targets, got \"a\" twice; list it once");
  CHECK(message_of<DataError>([] { parsed("a,b\n", {.target = "a", .targets = {"b"}}); }) ==
        "read_csv: expected a label or a target, got both; pass one of the two");
  CHECK(complaint_about("a,a,b\n", {.target = "a"}) ==
        "read_csv: cars.csv:1: expected one column named \"a\", got several; rename the other columns");
  CHECK(
      complaint_about("a;b\n", {.target = "a;b"}) ==
      "read_csv: cars.csv:1: expected a feature beside the targets, got no other column; choose .separator = "
      "';'");
  CHECK_THAT(complaint_about("a\n", {.target = "a"}),
             ContainsSubstring("; choose the .separator of the file"));
  CHECK_THAT(complaint_about("0,1,2,3,4,5,6,7,8,9,10,11\n", {.target = "x"}),
             ContainsSubstring("got 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 others;"));
}

TEST_CASE("read_csv: a missing value is refused by default and can be imputed or kept") {
  for (const char* missing : {"", "NA", "n/a", "NaN", "nan", "NULL", "?", "\"\""}) {
    CAPTURE(missing);
    const std::string text = detail::joined("a,b,y\n1,2,0\n3,", missing, ",1\n5,8,1\n");
    CHECK_THAT(complaint_about(text, {.label = "y"}),
               ContainsSubstring("cars.csv:3: ") && ContainsSubstring("column \"b\"") &&
                   ContainsSubstring("; remove the line, or choose how to impute missing values, such as "
                                     ".missing = Missing::mean"));
    CHECK(parsed(text, {.label = "y", .missing = Missing::zero}).x == Matrix<>{{1, 3, 5}, {2, 0, 8}});
    CHECK(parsed(text, {.label = "y", .missing = Missing::mean}).x == Matrix<>{{1, 3, 5}, {2, 5, 8}});
    const Dataset<> kept = parsed(text, {.label = "y", .missing = Missing::keep});
    CHECK(kept.x.array().isNaN().count() == 1);
    CHECK(std::isnan(kept.x(1, 1)));
  }
}

TEST_CASE("read_csv: a missing target or label is always refused") {
  for (const Missing missing : {Missing::refuse, Missing::keep, Missing::zero, Missing::mean}) {
    CHECK_THAT(complaint_about("a,b\n1,\n", {.target = "b", .missing = missing}),
               ContainsSubstring("cars.csv:2: expected a number in column \"b\", got \"\""));
    CHECK_THAT(complaint_about("a,b\n1,nan\n", {.target = "b", .missing = missing}),
               ContainsSubstring("cars.csv:2: expected a finite number in column \"b\", got \"nan\""));
    CHECK_THAT(complaint_about("a,b\n1,NA\n", {.target = "b", .missing = missing}),
               ContainsSubstring("got \"NA\"; remove the line, or fill the value in"));
    CHECK(complaint_about("a,b\n1,\n", {.label = "b", .missing = missing}) ==
          "read_csv: cars.csv:2: expected a class in column \"b\", got an empty value; remove the line, or "
          "fill "
          "the class in");
  }
}

TEST_CASE("read_csv: a column without any value has no mean") {
  CHECK(complaint_about("a,b\n1,\n2,NA\n", {.missing = Missing::mean}) ==
        "read_csv: cars.csv:3: expected at least one value in column \"b\", got none; leave the column out, "
        "or choose "
        "Missing::zero");
  CHECK(parsed("a,b\n", {.missing = Missing::mean}).samples() == 0);
}

TEST_CASE("read_csv: missing values can be kept and imputed after a split") {
  std::string text = "a,y\n";
  for (int i = 0; i < 40; ++i)
    text += detail::joined(i % 4 == 0 ? "NA" : detail::joined(i), ',', i % 2, '\n');
  const Dataset<double> all = parsed<double>(text, {.label = "y", .missing = Missing::keep});
  auto [train, dev, test] = split(all, {.train = 0.5, .dev = 0.25, .stratify = true});
  const Impute fill{train.x};
  fill.apply(test.x);
  CHECK_NOTHROW(expect_usable(test, "fit", "the test set"));
  CHECK((test.x.array() == fill.mean()[0]).any());
}

TEST_CASE("read_csv: messages truncate long values") {
  CHECK_THAT(complaint_about("a\n" + std::string(100, 'x') + '\n'),
             ContainsSubstring("got \"" + std::string(60, 'x') + "...\";"));
}

TEST_CASE("read_csv: the separator must not be a quote or a line break") {
  for (const char separator : {'"', '\n', '\r'})
    CHECK(message_of<DataError>([&] { parsed("a,b\n", {.separator = separator}); }) ==
          "read_csv: expected a separator other than a quote or a line break, got one of them; choose "
          "',' or ';' or '\\t'");
}

TEST_CASE("read_csv: a directory is refused") {
  CHECK_THAT(message_of<FormatError>([] { read_csv(folder, {}); }), ContainsSubstring("read_csv: "));
}

TEST_CASE("read_csv: the locale does not change the result") {
  const std::string text = "a,b,y\n0.5,1234.5,1.25\n-2e-3,1,3\n";
  const auto read = [&] { return parsed<double>(text, {.target = "y"}); };
  const Dataset<double> data = support::under_decimal_comma(read);
  CHECK(data.x == Matrix<double>{{0.5, -0.002}, {1234.5, 1}});
  CHECK(data.y == Matrix<double>{{1.25, 3}});
  CHECK_THAT(support::under_decimal_comma([] { return complaint_about("a\n\"1,5\"\n"); }),
             ContainsSubstring("expected a number in column \"a\""));
}

TEST_CASE("read_csv: lines may end in CR") {
  const Dataset<> with_target = read_csv(folder / "cr_only.csv", {.label = "y"});
  CHECK(with_target.x == Matrix<>{{1, 3}, {2, 4}});
  CHECK(with_target.y == Matrix<>{{0, 1}});
  const Dataset<> data = read_csv(folder / "cr_only_no_target.csv", {});
  CHECK(data.x == Matrix<>{{1, 3}, {2, 4}});
  CHECK(data.feature_names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("read_csv: every line ending is accepted and counts as one line") {
  for (const char* end : {"\n", "\r\n", "\r", "\r\r\n"}) {
    CAPTURE(end);
    CHECK(parsed(detail::joined("a,b", end, "1,2", end, end, "3,4")).x == Matrix<>{{1, 3}, {2, 4}});
    CHECK(parsed(detail::joined("a,b", end, "1,2", end, end, "3,4", end)).x == Matrix<>{{1, 3}, {2, 4}});
    CHECK_THAT(complaint_about(detail::joined("a,b", end, "1,2", end, end, "3,x", end)),
               ContainsSubstring("cars.csv:4: expected a number in column \"b\", got \"x\";"));
    CHECK(parsed(detail::joined("kind,b", end, "\"two", end, "lines\",1", end), {.label = "kind"})
              .class_names == std::vector<std::string>{"two\nlines"});
  }
  CHECK(parsed("a\r1\n2\r\n3\r\r\n4").x == Matrix<>{{1, 2, 3, 4}});
}

TEST_CASE("read_csv: decimal commas are reported by default and can be read") {
  const std::filesystem::path path = folder / "decimal_comma.csv";
  CHECK_THAT(message_of<FormatError>([&] { read_csv(path, {.label = "y", .separator = ';'}); }),
             ContainsSubstring("decimal_comma.csv:2: expected a number in column \"a\", got \"1,5\"; choose "
                               ".decimal = ',' if that is the decimal sign of the file"));
  const Dataset<> data = read_csv(path, {.label = "y", .decimal = ','});
  CHECK(data.x == Matrix<>{{1.5F, 3}, {2.25F, 4}});
  CHECK(data.y == Matrix<>{{0, 1}});
  CHECK(parsed("a,b\n\"1,5\",\"-2,5e-1\"\n", {.separator = ',', .decimal = ','}).x ==
        Vector<>{{1.5F, -0.25F}});
  CHECK_THAT(complaint_about("a;b\n1.5;2\n", {.decimal = ','}),
             ContainsSubstring("got \"1.5\"; choose .decimal = '.' if"));
  CHECK_THAT(message_of<DataError>([] { parsed("a\n", {.decimal = ':'}); }),
             ContainsSubstring("expected '.' or ',' as decimal sign, got ':'"));
}

TEST_CASE("read_csv: a header with another separator is reported") {
  CHECK_THAT(message_of<FormatError>([] { read_csv(folder / "decimal_comma.csv", {.label = "y"}); }),
             ContainsSubstring("expected a column named \"y\", got a;b;y; choose .separator = ';'"));
  CHECK_THAT(complaint_about("a\tb\n1,5\t2,5\n"), ContainsSubstring("got 3; choose .separator = '\\t'"));
}

TEST_CASE("read_csv: a missing label is refused unless it is listed as a class") {
  for (const Missing missing : {Missing::refuse, Missing::keep, Missing::zero, Missing::mean})
    CHECK(
        complaint_about("a,kind\n1,cat\n2,NA\n", {.label = "kind", .missing = missing}) ==
        "read_csv: cars.csv:3: expected a class in column \"kind\", got \"NA\"; remove the line, or fill the "
        "class in; if it is the name of a class, list all in .classes");
  CHECK_THAT(message_of<FormatError>([] { read_csv(folder / "label_missing.csv", {.label = "kind"}); }),
             ContainsSubstring("label_missing.csv:3: expected a class"));
  for (const char* label : {"NA", "N/A", "n/a", "?", "null", "nan", "NaN", "", "\"\""}) {
    CAPTURE(label);
    CHECK_THAT(complaint_about(detail::joined("a,kind\n1,cat\n2,", label, "\n"), {.label = "kind"}),
               ContainsSubstring("cars.csv:3: expected a class in column \"kind\", got "));
    CHECK_THAT(complaint_about(detail::joined("a,kind\n1,0\n2,", label, "\n"), {.label = "kind"}),
               ContainsSubstring("cars.csv:3: expected a class in column \"kind\", got "));
  }
  CHECK(parsed("a,continent\n1,NA\n2,EU\n", {.label = "continent", .classes = {"EU", "NA"}}).y ==
        Matrix<>{{1, 0}});
}

TEST_CASE("read_csv: classes are numbered in the given order") {
  const Dataset<> data =
      parsed("a,kind\n1,dog\n2,cat\n3,dog\n", {.label = "kind", .classes = {"dog", "emu", "cat"}});
  CHECK(data.y == Matrix<>{{0, 2, 0}});
  CHECK(data.class_names == std::vector<std::string>{"dog", "emu", "cat"});
  CHECK(parsed("a,size\n1,10\n2,5\n", {.label = "size", .classes = {"5", "10"}}).y == Matrix<>{{1, 0}});
  CHECK(
      complaint_about("a,kind\n1,dog\n2,cow\n", {.label = "kind", .classes = {"dog", "cat"}}) ==
      "read_csv: cars.csv:3: expected one of the classes dog, cat in column \"kind\", got \"cow\"; add it to "
      ".classes, or remove the line");
  CHECK(message_of<DataError>([] {
          parsed("a,kind\n", {.label = "kind", .classes = {"a", "b", "a"}});
        }) == "read_csv: expected distinct classes, got \"a\" twice; list it once");
}

TEST_CASE("read_csv: features are found by name in the given order") {
  const Dataset<> data = parsed("c,b,id,a,y\n3,2,x7,1,0\n", {.label = "y", .features = {"a", "c"}});
  CHECK(data.x == Vector<>{{1, 3}});
  CHECK(data.feature_names == std::vector<std::string>{"a", "c"});
  CHECK_THAT(complaint_about("a,b\n1,2\n", {.features = {"a", "c"}}),
             ContainsSubstring("expected a column named \"c\", got a, b;"));
  CHECK_THAT(message_of<DataError>([] {
               parsed("a,b\n1,2\n", {.features = {"a", "a"}});
             }),
             ContainsSubstring("expected distinct features, got \"a\" twice"));
  CHECK_THAT(message_of<DataError>([] {
               parsed("a,b\n1,2\n", {.label = "b", .features = {"a", "b"}});
             }),
             ContainsSubstring("expected distinct features, got \"b\" twice"));
}

TEST_CASE("read_csv: columns can be left out") {
  const Dataset<> data = parsed(cars, {.target = "power", .leave_out = {"make"}});
  CHECK(data.feature_names == std::vector<std::string>{"mass"});
  CHECK(data.x == Matrix<>{{1200, 900, 1500}});
  CHECK_THAT(complaint_about(cars, {.leave_out = {"maker"}}),
             ContainsSubstring("expected a column named \"maker\""));
  CHECK_THAT(message_of<DataError>([] { parsed(cars, {.features = {"mass"}, .leave_out = {"make"}}); }),
             ContainsSubstring("expected .features or .leave_out, got both; pass one of the two"));
}

TEST_CASE("read_csv: the cure for a string feature depends on the target") {
  CHECK(complaint_about(cars, {.target = "power"}) ==
        "read_csv: cars.csv:2: expected a number in column \"make\", got \"Opel\"; encode its strings as "
        "numbers, such as one-hot columns, or leave it out: .leave_out = {\"make\"}");
  CHECK_THAT(complaint_about(cars, {.target = "make"}),
             ContainsSubstring("got \"Opel\"; name the column as .label if it is a class"));
}

TEST_CASE("like: selects the features and classes of another data set") {
  const CsvOptions options{.label = "kind", .leave_out = {"id"}};
  const Dataset<> train = parsed("id,a,b,kind\nx,1,2,cat\ny,3,4,cow\nz,5,6,dog\n", options);
  const std::string text =
      "kind,b,a\ndog,20,10\ncat,40,30\n";  // without a cow, and in another order of columns
  const Dataset<> test = parsed(text, like(train, options));
  CHECK(test.x == Matrix<>{{10, 30}, {20, 40}});
  CHECK(test.y == Matrix<>{{2, 0}});
  CHECK_NOTHROW(expect_same_names(train, test, "fit", "the validation set"));
  CHECK_THROWS_AS(expect_same_names(train, parsed(text, {.label = "kind"}), "fit", "the validation set"),
                  DataError);
  CHECK(parsed("b,a\n2,1\n", like(train, {})).x == Vector<>{{1, 2}});  // without labels
}

}  // namespace csv_test
