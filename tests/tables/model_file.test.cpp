#include "descent/tables/model_file.hpp"

#include <descent/tables/predict.hpp>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"

namespace table_model_file_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

Table houses(const char* more = "") {
  std::istringstream in{
      std::string{"area,district,sold,price\n82.125,north,2024-02-29,1e5\n60,\"s,o\",2023-01-01,2e5\n"
                  ",north,,3.3e5\n1e6,west,1999-12-31,7\n"} +
      more};
  return read_table(in);
}

struct Saved {
  Preprocess prepare{
      houses(),
      {.target = "price",
       .columns = {{"area", {.missing = Fill::mean, .high = 1e4, .log = true}}, {"district", {.rare = 2}}},
       .target_rule = {.log = true}}};
  Sequential<Dense<>, Tanh<>, Dense<>> net = make();
  std::string file = write();

  Sequential<Dense<>, Tanh<>, Dense<>> make() const {
    Rng rng{1};
    return Sequential{Dense{prepare.features(), 5, rng}, Tanh{}, Dense{5, 1, rng}};
  }
  std::string write() const {
    std::stringstream out;
    save_model(out, net, prepare, {.golden = prepare.inputs(houses()).leftCols(2)});
    return out.str();
  }
};

TableModel<float> loaded(const std::string& file) {
  std::istringstream in{file};
  return load_table_model<float>(in);
}

std::string changed(std::string file, const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  const std::size_t at = file.find(from);
  REQUIRE(at != std::string::npos);
  return file.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("save_model of a table: a loaded model predicts the same bits") {
  const Saved saved;
  const auto [network, prepare] = loaded(saved.file);
  const Table rows = houses("70,new one,2024-05-01,5\n");
  CHECK(prepare.inputs(rows) == saved.prepare.inputs(rows));
  CHECK(predict(network, prepare, rows) == predict(saved.net, saved.prepare, rows));
  CHECK(prepare.feature_names() == saved.prepare.feature_names());
}

TEST_CASE("save_model of a table: load_model reads the network alone") {
  const Saved saved;
  std::istringstream in{saved.file};
  const LoadedModel<> model = load_model(in);
  const Matrix<> x = saved.prepare.inputs(houses());
  CHECK(predict(model.network, x) == predict(saved.net, x));
}

TEST_CASE("save_model of a table: a changed or newer preprocessing is refused") {
  const Saved saved;
  CHECK_THAT(message_of<FormatError>([&] {
               loaded(changed(saved.file, "\\\"name\\\":\\\"area\\\"", "\\\"name\\\":\\\"aria\\\""));
             }),
             ContainsSubstring("expected the hash"));
  CHECK_THAT(
      message_of<FormatError>([&] { loaded(changed(saved.file, "\\\"version\\\":1", "\\\"version\\\":2")); }),
      ContainsSubstring("expected version 1 of the preprocessing or older, got 2"));
  CHECK_THAT(
      message_of<FormatError>([&] { loaded(changed(saved.file, "\\\"offset\\\"", "\\\"offsex\\\"")); }),
      ContainsSubstring("expected a preprocessing as save_model writes it"));
  std::stringstream plain;
  save_model(plain, saved.net, {.golden = saved.prepare.inputs(houses()).leftCols(1)});
  CHECK_THAT(message_of<FormatError>([&] { loaded(plain.str()); }),
             ContainsSubstring("expected a model with its preprocessing, got one without"));
}

TEST_CASE("save_model of a table: golden inputs of another number of features are refused") {
  const Saved saved;
  std::stringstream out;
  Rng rng{1};
  const Sequential other{Dense{2, 1, rng}};
  CHECK_THAT(
      message_of<DataError>([&] { save_model(out, other, saved.prepare, {.golden = Matrix<>::Ones(2, 1)}); }),
      ContainsSubstring("features of the Preprocess, got 2"));
}

TEST_CASE("save_model of a table: names that are not UTF-8 are refused") {
  const Saved saved;
  PreprocessState state = saved.prepare.state();
  state.columns[0].name = "\xFF";
  std::stringstream out;
  CHECK_THROWS_AS(
      save_model(out, saved.net, Preprocess{state}, {.golden = saved.prepare.inputs(houses()).leftCols(2)}),
      DataError);
}

TEST_CASE("save_model of a table: the locale does not change the numbers") {
  const Saved saved;
  const support::DecimalComma locale;
  CHECK(saved.write() == saved.file);
  CHECK(loaded(saved.file).prepare.state().columns[0].offset == saved.prepare.state().columns[0].offset);
}

TEST_CASE("parse_preprocess: text that save_model did not write is a FormatError") {
  for (const char* text :
       {"", "{", "[]", "{}", "1", R"({"version":1})", R"({"version":"x"})", R"({"version":0})",
        R"({"version":1,"columns":[{"name":"a"}],"targets":[],"label":"","classes":[],"left_out":[]})",
        R"({"version":1,"columns":[],"targets":[],"label":"","classes":[],"left_out":[]})",
        R"({"version":1,"columns":3,"targets":[],"label":"","classes":[],"left_out":[]})"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(detail::parse_preprocess("test", text), FormatError);
  }
  CHECK_THROWS_AS(detail::parse_preprocess("test", std::string(100000, '[')), FormatError);
}

}  // namespace table_model_file_test
