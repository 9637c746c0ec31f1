#include "descent/tables/preprocess.hpp"

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/tables/predict.hpp"
#include "support.hpp"

namespace preprocess_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using Names = std::vector<std::string>;

namespace {

Table parsed(const std::string& text, const TableOptions& options = {}) {
  std::istringstream in{text};
  return read_table(in, options, "houses.csv");
}

const char* const houses =
    "id,area,district,rooms,price\n"
    "a,10,north,1,100\n"
    "b,20,south,2,200\n"
    "c,30,north,,300\n"
    "d,,west,4,400\n";

std::string complaint_about(const std::string& text, const PreprocessOptions& options) {
  return message_of<DataError>([&] { Preprocess{parsed(text), options}.dataset(parsed(text)); });
}

const ColumnRule plain{.missing_flag = false, .scaling = Scaling::none};

}  // namespace

TEST_CASE(
    "Preprocess: numbers are filled in and standardized, texts are one-hot, missing values have a feature") {
  const Preprocess prepare{parsed(houses), {.target = "price", .leave_out = {"id"}}};
  CHECK(prepare.feature_names() == Names{"area", "area (missing)", "district=north", "district=south",
                                         "district=west", "rooms", "rooms (missing)"});
  CHECK(prepare.features() == 7);
  const Dataset<double> data = prepare.dataset<double>(parsed(houses));
  // area 10 20 30 and the median 20: mean 20, deviation sqrt(200 / 4) = 7.0711
  // rooms 1 2 4 and the median 2: mean 2.25, deviation sqrt((1.5625 + 0.0625 + 0.0625 + 3.0625) / 4) = 1.0897
  Matrix<double> x(7, 4);
  const double area = std::sqrt(50.0), rooms = std::sqrt(4.75 / 4);
  x << -10 / area, 0, 10 / area, 0,                               //
      0, 0, 0, 1,                                                 //
      1, 0, 1, 0,                                                 //
      0, 1, 0, 0,                                                 //
      0, 0, 0, 1,                                                 //
      -1.25 / rooms, -0.25 / rooms, -0.25 / rooms, 1.75 / rooms,  //
      0, 0, 1, 0;
  CHECK((data.x - x).cwiseAbs().maxCoeff() < 1e-15);
  const double price = std::sqrt(12500.0);  // of 100 200 300 400, whose mean is 250
  CHECK(
      (data.y - Matrix<double>{{-150 / price, -50 / price, 50 / price, 150 / price}}).cwiseAbs().maxCoeff() <
      1e-15);
  CHECK(data.feature_names == prepare.feature_names());
  Matrix<double> y = data.y;
  prepare.invert(y);
  CHECK((y - Matrix<double>{{100, 200, 300, 400}}).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("Preprocess: a missing value is the mean, the median, the mode, or refused") {
  const std::string text = "a\n1\n2\n2\n7\n\n";  // a blank line is no row
  const auto filled = [&](Fill fill) {
    const Preprocess prepare{
        parsed("a,b\n1,0\n2,0\n2,0\n7,0\n,0\n"),
        {.leave_out = {"b"}, .numbers = {.missing = fill, .missing_flag = false, .scaling = Scaling::none}}};
    return prepare.inputs<double>(parsed("a,b\n,0\n"))(0, 0);
  };
  CHECK(filled(Fill::mean) == 3);
  CHECK(filled(Fill::median) == 2);
  CHECK(filled(Fill::mode) == 2);
  CHECK_THAT(complaint_about("a,b\n1,0\n,0\n", {.numbers = {.missing = Fill::refuse}}),
             ContainsSubstring("expected a value, got none in row 1 of column \"a\""));
}

TEST_CASE("Preprocess: numbers are clipped, made logarithms and scaled to a range, in this order") {
  const Preprocess prepare{
      parsed("a,b\n0,0\n99,10\n1e6,5\n"),
      {.numbers = plain,
       .columns = {{"a", {.low = 0, .high = 99, .log = true, .scaling = Scaling::min_max}},
                   {"b", {.scaling = Scaling::min_max}}}}};
  const Matrix<double> x = prepare.inputs<double>(parsed("b,a\n10,-5\n20,9\n0,1e9\n"));
  CHECK((x - Matrix<double>{{0, 0.5, 1}, {1, 2, 0}}).cwiseAbs().maxCoeff() <
        1e-15);  // log(10) / log(100) = 1/2
}

TEST_CASE("Preprocess: rare and unknown categories share a feature") {
  const Preprocess prepare{parsed("k\na\na\nb\nb\nc\nd\n"), {.texts = {.rare = 2}}};
  CHECK(prepare.feature_names() == Names{"k=a", "k=b", "k=(other)"});
  CHECK(prepare.inputs(parsed("k\nb\nc\nnew\n")) == Matrix<>{{0, 0, 0}, {1, 0, 0}, {0, 1, 1}});
  const Preprocess without{parsed("k\na\nb\n"), {}};
  CHECK(without.inputs(parsed("k,k2\nnew,x\nb,x\n", {.leave_out = {"k2"}})) == Matrix<>{{0, 0}, {0, 1}});
  const Preprocess strict{parsed("k\na\nb\n"), {.texts = {.refuse_unknown = true}}};
  CHECK_THAT(
      message_of<DataError>([&] { strict.inputs(parsed("k\nb\nnew\n")); }),
      ContainsSubstring(
          "expected one of the categories of the training table, got \"new\" in row 1 of column \"k\""));
}

TEST_CASE("Preprocess: a missing text has no category, or the most frequent one") {
  const std::string text = "k,n\na,1\nb,2\nb,3\n?,4\n";
  const Preprocess flagged{parsed(text), {.leave_out = {"n"}}};
  CHECK(flagged.inputs(parsed(text)) == Matrix<>{{1, 0, 0, 0}, {0, 1, 1, 0}, {0, 0, 0, 1}});
  const Preprocess mode{parsed(text),
                        {.leave_out = {"n"}, .texts = {.missing = Fill::mode, .missing_flag = false}}};
  CHECK(mode.inputs(parsed(text)) == Matrix<>{{1, 0, 0, 0}, {0, 1, 1, 1}});
}

TEST_CASE("Preprocess: ordinal categories are their positions in the given order") {
  const ColumnRule sizes{.missing_flag = false, .scaling = Scaling::none, .order = {"S", "M", "L"}};
  const Preprocess prepare{parsed("size\nM\nS\nL\nM\n"), {.texts = sizes}};
  CHECK(prepare.inputs(parsed("size\nL\nS\nM\nXL\n")) ==
        Matrix<>{{2, 0, 1, 1}});  // XL is unknown: the median, M
}

TEST_CASE("Preprocess: codes of digits are categories on request") {
  const Preprocess prepare{parsed("zip\n7\n12\n7\n"), {.numbers = {.encoding = Encoding::one_hot}}};
  CHECK(prepare.feature_names() == Names{"zip=12", "zip=7"});
  CHECK(prepare.inputs(parsed("zip\n7\n12\n")) == Matrix<>{{0, 1}, {1, 0}});
}

TEST_CASE("Preprocess: columns are matched by name, and those that do not match are named") {
  const Preprocess prepare{parsed("a,b,t\n1,10,0\n3,30,1\n"), {.target = "t", .numbers = plain}};
  CHECK(prepare.inputs(parsed("b,t,a\n10,0,1\n")) == Matrix<>{{1}, {10}});
  CHECK(prepare.inputs(parsed("b,a\n10,1\n")) == Matrix<>{{1}, {10}});
  CHECK_THAT(message_of<DataError>([&] { prepare.inputs(parsed("a,t\n1,0\n")); }),
             ContainsSubstring("expected a column named \"b\", got none"));
  CHECK_THAT(message_of<DataError>([&] { prepare.inputs(parsed("a,b,c\n1,2,3\n")); }),
             ContainsSubstring("got another one, \"c\""));
  CHECK_THAT(
      message_of<DataError>([&] { prepare.inputs(parsed("a,b\n1,x\n")); }),
      ContainsSubstring("expected numbers in column \"b\", got texts; read the table with .table_options()"));
  CHECK_THAT(message_of<DataError>([&] { prepare.dataset(parsed("a,b\n1,2\n")); }),
             ContainsSubstring("expected a column named \"t\", got none"));
  CHECK_NOTHROW(prepare.inputs(parsed("a,b\n1,\n")));  // a column without values has no kind
}

TEST_CASE("Preprocess: table_options() reads another file with the kinds of the first") {
  const Preprocess prepare{parsed("k,l\n01,a\nx,b\n", {.kinds = {{"k", ColumnKind::texts}}}), {.label = "l"}};
  const Table table = parsed("k\n01\n", prepare.table_options());
  CHECK(prepare.inputs(table) == Matrix<>{{1}, {0}});
}

TEST_CASE("Preprocess: labels are classes by their sorted or given names, or by their numbers") {
  const std::string text = "a,kind\n1,pear\n2,apple\n3,pear\n";
  const Preprocess sorted{parsed(text), {.label = "kind"}};
  CHECK(sorted.class_names() == Names{"apple", "pear"});
  const Dataset data = sorted.dataset(parsed(text));
  CHECK(data.y == Matrix<>{{1, 0, 1}});
  CHECK(data.class_names == sorted.class_names());
  const Preprocess given{parsed(text), {.label = "kind", .classes = {"pear", "apple"}}};
  CHECK(given.dataset(parsed(text)).y == Matrix<>{{0, 1, 0}});
  const Preprocess numbers{parsed("a,kind\n1,2\n2,0\n"), {.label = "kind"}};
  CHECK(numbers.dataset(parsed("a,kind\n1,2\n2,0\n")).y == Matrix<>{{2, 0}});
  CHECK_THAT(message_of<DataError>([&] { sorted.dataset(parsed("a,kind\n1,plum\n")); }),
             ContainsSubstring("got \"plum\" in row 0 of column \"kind\""));
  CHECK_THAT(complaint_about("a,kind\n1,0.5\n", {.label = "kind"}),
             ContainsSubstring("expected an integer class"));
  CHECK_THAT(complaint_about("a,kind\n1,x\n2,\n", {.label = "kind"}),
             ContainsSubstring("expected a class, got none in row 1"));
}

TEST_CASE("Preprocess: a logarithm of a target is undone") {
  const Preprocess prepare{parsed("a,t\n1,0\n2,1000000\n"), {.target = "t", .target_rule = {.log = true}}};
  Matrix<double> y = prepare.dataset<double>(parsed("a,t\n1,5\n2,123456\n")).y;
  prepare.invert(y);
  CHECK((y - Matrix<double>{{5, 123456}}).cwiseAbs().maxCoeff() < 1e-8);
  Matrix<double> two(2, 1);
  CHECK_THROWS_AS(prepare.invert(two), ShapeError);
}

TEST_CASE("Preprocess: what cannot be learned is an error") {
  const auto refused = [](const std::string& text, const PreprocessOptions& options) {
    return complaint_about(text, options);
  };
  CHECK_THAT(refused("a,t\n1,\n2,3\n", {.target = "t"}),
             ContainsSubstring("expected a target, got none in row 0 of column \"t\""));
  CHECK_THAT(refused("a,t\n1,x\n", {.target = "t"}), ContainsSubstring("name the column as .label"));
  CHECK_THAT(refused("a\n1\n", {.target = "t"}), ContainsSubstring("expected a column named \"t\""));
  CHECK_THAT(refused("a\n1\n", {.leave_out = {"b"}}), ContainsSubstring("expected a column named \"b\""));
  CHECK_THAT(refused("a\n1\n", {.columns = {{"b", {}}}}), ContainsSubstring("expected a column named \"b\""));
  CHECK_THAT(refused("a,b\n1,\n2,\n", {}), ContainsSubstring("expected at least one value in column \"b\""));
  CHECK_THAT(refused("a,t\n1,2\n", {.target = "t", .leave_out = {"a"}}),
             ContainsSubstring("expected a column for features, got none"));
  CHECK_THAT(refused("a,t\n1,2\n", {.target = "t", .label = "a"}), ContainsSubstring("got several"));
  CHECK_THAT(refused("a\nx\ny\n", {.most_categories = 1}),
             ContainsSubstring("expected at most 1 categories in column \"a\", got 2"));
  CHECK_THAT(refused("a\nx\n", {.texts = {.encoding = Encoding::number}}),
             ContainsSubstring("choose one_hot or ordinal"));
  CHECK_THAT(refused("a\nx\n", {.texts = {.missing = Fill::mean}}), ContainsSubstring("Fill::mode"));
  CHECK_THAT(refused("a\nx\n", {.texts = {.log = true}}), ContainsSubstring("only for numbers"));
  CHECK_THAT(refused("a\n1\n", {.numbers = {.low = 2, .high = 1}}),
             ContainsSubstring(".low of at most .high"));
  CHECK_THAT(refused("a\n1\n-1\n", {.numbers = {.log = true}}),
             ContainsSubstring("expected a number above -1 for .log, got -1 in row 1 of column \"a\""));
  CHECK_THAT(refused("a\n", {}), ContainsSubstring("expected rows to learn from"));
}

TEST_CASE("Preprocess: a constant column is 0 and a value too large for float is refused") {
  const Preprocess prepare{parsed("a\n7\n7\n"), {}};
  CHECK(prepare.inputs(parsed("a\n7\n")) == Matrix<>{{0}});
  CHECK_THROWS_AS(prepare.inputs(parsed("a\n1e300\n")), DataError);
  CHECK_NOTHROW(prepare.inputs<double>(parsed("a\n1e300\n")));
}

TEST_CASE("Preprocess: the state restores an equal value, and a damaged one is refused") {
  const Preprocess prepare{parsed(houses), {.target = "price", .leave_out = {"id"}}};
  const Preprocess again{prepare.state()};
  CHECK(again.inputs(parsed(houses)) == prepare.inputs(parsed(houses)));
  PreprocessState state = prepare.state();
  state.columns[0].divisor = 0;
  CHECK_THROWS_AS(Preprocess{state}, DataError);
  state = prepare.state();
  state.columns[1].fill = 99;
  CHECK_THROWS_AS(Preprocess{state}, DataError);
  CHECK_THROWS_AS(Preprocess{PreprocessState{}}, DataError);
}

TEST_CASE("Preprocess: a network predicts the rows of a table, or a single row, in the units of the target") {
  const Preprocess prepare{parsed("a,t\n0,100\n2,300\n"), {.target = "t"}};  // x = a - 1, y = (t - 200) / 100
  const Sequential net{Dense{Matrix<>{{2}}, Matrix<>{{0.5F}}}};
  CHECK(predict(net, prepare, parsed("a\n0\n2\n")) == Matrix<>{{50, 450}});
  CHECK(predict(net, prepare, table_of({{"a", 2}})) == Matrix<>{{450}});

  const Preprocess kinds{parsed("a,k\n0,x\n2,y\n"), {.label = "k"}};
  CHECK(predict_class_names(net, kinds, parsed("a\n0\n2\n")) == Names{"x", "y"});
  const Matrix<> p = predict_probabilities(net, kinds, parsed("a\n0\n2\n"));
  CHECK(std::abs(p(0, 0) - 1 / (1 + std::exp(1.5F))) < 1e-6F);  // the sigmoid of -1.5
}

}  // namespace preprocess_test
