#include "descent/tables/onnx.hpp"

#include <algorithm>
#include <descent/io/onnx/load.hpp>
#include <descent/io/onnx/read.hpp>
#include <descent/tables/predict.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace table_onnx_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

Table houses() {
  std::istringstream in{"area,district,rooms,price\n82,north,3,1e5\n60,south,,2e5\n1e4,north,5,7\n"};
  return read_table(in);
}

Preprocess prepared(const TargetRule& target = {}) {
  return {houses(),
          {.target = "price", .columns = {{"rooms", {.scaling = Scaling::min_max}}}, .target_rule = target}};
}

Sequential<Dense<>, Tanh<>, Dense<>> network(const Preprocess& prepare, Index outputs = 1) {
  Rng rng{1};
  return Sequential{Dense{prepare.features(), 4, rng}, Tanh{}, Dense{4, outputs, rng}};
}

}  // namespace

TEST_CASE(
    "save_onnx of a table: the file takes the unscaled features and has the scales of features and targets") {
  const Preprocess prepare = prepared();
  const auto net = network(prepare);
  std::stringstream file;
  save_onnx(file, net, prepare);
  const DynamicSequential<float> loaded = load_onnx<float>(file);
  const Matrix<> raw = prepare.unscaled_inputs(houses());
  CHECK(raw(0, 2) == 1e4F);  // the area as it is in the table
  const Matrix<> expected = predict(net, prepare, houses()), got = predict(loaded, raw);
  CHECK(((got - expected).array().abs() <= 1e-5F * (1 + expected.array().abs())).all());
}

TEST_CASE("save_onnx of a table: the metadata names the features and the classes") {
  const Preprocess prepare = prepared();
  const OnnxModel model = to_onnx(network(prepare), prepare);
  const auto has = [](const OnnxModel& onnx, const std::string& key, const std::string& value) {
    return std::find(onnx.metadata.begin(), onnx.metadata.end(), std::pair{key, value}) !=
           onnx.metadata.end();
  };
  CHECK(has(model, "feature.0", "area"));
  CHECK(has(model, "feature.1", "district=north"));
  CHECK(has(model, "feature.4", "rooms (missing)"));
  const Preprocess kinds{houses(), {.label = "district"}};
  CHECK(has(to_onnx(network(kinds, 2), kinds), "class.1", "south"));
}

TEST_CASE("save_onnx of a table: a target with a logarithm is refused") {
  const Preprocess prepare = prepared({.log = true});
  CHECK_THAT(message_of<DataError>([&] { to_onnx(network(prepare), prepare); }),
             ContainsSubstring("expected targets without .log, got it for \"price\""));
}

TEST_CASE("save_onnx: an Unstandardize is read back with its outputs") {
  const Sequential net{Dense<>{Matrix<>{{1, 2}}, Matrix<>{{3}}}, ReLU<>{},
                       Unstandardize<>{Standardize<>{Vector<>{{100}}, Vector<>{{25}}}}};
  std::stringstream file;
  save_onnx(file, net);
  const Matrix<> x{{1, -2}, {0, 0.5F}};
  CHECK(predict(load_onnx<float>(file), x).isApprox(predict(net, x), 1e-6F));
}

}  // namespace table_onnx_test
