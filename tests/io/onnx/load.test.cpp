#include "descent/io/onnx/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/save.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/training/fit.hpp"
#include "fuzz/feed_onnx.hpp"
#include "golden.hpp"
#include "io/onnx/graphs.hpp"
#include "io/onnx/networks.hpp"
#include "support.hpp"

namespace onnx_load_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using onnx_graphs::error_of;
using onnx_graphs::types;
using support::message_of;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

DynamicSequential<> read_back(const DynamicSequential<>& net, const OnnxOptions& options) {
  std::stringstream file;
  save_onnx(file, net, options);
  return load_onnx(file);
}

/// A model relu(W x + b) of 2 features, for tests to damage.
OnnxModel simple() {
  OnnxModel model;
  model.inputs = {{"x", {-1, 2}}};
  model.outputs = {{"y", {-1, 2}}};
  model.initializers = {{"w", {2, 2}, {1, 2, 3, 4}, OnnxType::float32},
                        {"b", {2}, {5, 6}, OnnxType::float32}};
  model.nodes = {{"Gemm", "first", {"x", "w", "b"}, {"h"}, {{"transB", std::int64_t{1}}}, {}},
                 {"Relu", "last", {"h"}, {"y"}, {}, {}}};
  return model;
}

std::string error_after(const std::function<void(OnnxModel&)>& damage) {
  OnnxModel model = simple();
  damage(model);
  return error_of(model);
}
std::string error_of_bytes(const std::string& bytes) {
  std::istringstream in{bytes};
  return message_of<FormatError>([&] { load_onnx(in); });
}

std::string bytes_of(const OnnxModel& model) {
  std::ostringstream file;
  write_onnx(file, model);
  return file.str();
}

}  // namespace

TEST_CASE("load_onnx: every layer predicts the same after saving and loading") {
  for (const auto& networks : {onnx_networks::of_each_layer(), onnx_networks::whole()})
    for (const auto& [name, net, shape] : networks)
      for (const bool fold : {true, false}) {
        CAPTURE(name, fold);
        const Matrix<> x = onnx_networks::samples(shape, 7);
        const DynamicSequential<> again = read_back(net, {.shape = shape, .fold_batch_norm = fold});
        REQUIRE(again.output_shape(shape) == net.output_shape(shape));
        // Folded batch normalization subtracts the mean last, so the rounding error is relative to the mean, not the
        // output.
        golden::require_close(predict(again, Batch{x, shape}).cast<double>(),
                              predict(net, Batch{x, shape}).cast<double>(), 1e-6, 1);
      }
}

TEST_CASE("load_onnx: the locale does not change a file or its network") {
  for (const auto& networks : {onnx_networks::of_each_layer(), onnx_networks::whole()})
    for (const auto& [name, net, shape] : networks) {
      CAPTURE(name);
      const std::string expected = bytes_of(to_onnx(net, {.shape = shape, .softmax = true}));
      const support::DecimalComma comma;
      REQUIRE(bytes_of(to_onnx(net, {.shape = shape, .softmax = true})) == expected);
      std::istringstream in{expected};
      REQUIRE_NOTHROW(load_onnx(in));
    }
}

TEST_CASE("load_onnx: a saved network has its layers again") {
  const auto networks = onnx_networks::whole();
  const auto network = [&](std::string_view name) {
    return *std::find_if(networks.begin(), networks.end(),
                         [&](const auto& each) { return each.name == name; });
  };
  const auto types_of = [&](std::string_view name) {
    const auto [path, net, shape] = network(name);
    return types(read_back(net, {.shape = shape, .fold_batch_norm = false}));
  };
  using Types = std::vector<std::string>;
  CHECK(types_of("classifier") ==
        Types{"Standardize", "Dense", "BatchNorm", "ReLU", "Dense", "BatchNorm", "ReLU", "Dense"});
  CHECK(types_of("image_classifier") ==
        Types{"Dense", "BatchNorm", "ReLU", "Dense", "BatchNorm", "Flatten", "Dense", "Softmax"});
  CHECK(types_of("plain_to_image") == Types{"Dense", "Reshape", "PReLU", "Dense"});
  CHECK(types_of("residuals") == Types{"MinMax", "Dense", "Residual", "Residual", "Dense"});
  CHECK(types_of("sequence") ==
        Types{"LayerNorm", "Dense", "GELU", "BatchNorm", "Concat", "Flatten", "Dense"});
  for (const char* name : {"residuals", "image_classifier", "each_value"}) {
    const auto [path, net, shape] = network(name);
    CHECK(support::values_of(read_back(net, {.shape = shape, .fold_batch_norm = false})) ==
          support::values_of(net));
  }
}

TEST_CASE("load_onnx: an export of PyTorch predicts the same and can be trained further") {
  const auto golden = golden::read("onnx");
  for (const char* name :
       {"activations", "batch_norm", "layer_norm", "residuals", "branches", "flatten", "affine"})
    for (const int opset : {13, 17}) {
      CAPTURE(name, opset);
      DynamicSequential net = load_onnx(std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "onnx" /
                                        detail::joined(name, '_', opset, ".onnx"));
      const Matrix<> x = golden::batch(golden.at(name).at("x")).cast<float>();
      const Matrix<double> expected = golden::batch(golden.at(name).at("y"));
      golden::require_close(predict(net, x).cast<double>(), expected, golden.at("tolerance"));

      const Dataset<> data{.x = x, .y = Matrix<>::Zero(expected.rows(), x.cols())};
      const DynamicSequential before = net;
      fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 1e-3},
          {.epochs = 1, .batch_size = x.cols(), .progress = silent});
      CHECK(support::values_of(net) != support::values_of(before));
      CHECK(predict(net, x).allFinite());
    }
}

TEST_CASE("from_onnx: Gemm and MatMul with Add are a Dense") {
  const Matrix<> x{{1}, {-1}};
  const Matrix<> expected{{0.5F * -1 + 2 * 5}, {0.5F * -1 + 2 * 6}};
  OnnxModel model = simple();
  model.nodes[0].attributes = {{"transB", std::int64_t{1}}, {"alpha", 0.5}, {"beta", 2.0}};
  CHECK(predict(from_onnx(model), x) == expected);

  model = simple();
  model.initializers[0].values = {1, 3, 2, 4};  // transposed
  model.nodes[0].attributes.clear();
  CHECK(predict(from_onnx(model), x) == Matrix<>{{4}, {5}});
  model.nodes[0] = {"MatMul", "", {"x", "w"}, {"product"}, {}, {}};
  model.nodes.insert(model.nodes.begin() + 1, {"Add", "", {"b", "product"}, {"h"}, {}, {}});
  CHECK(predict(from_onnx(model), x) == Matrix<>{{4}, {5}});
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Dense", "ReLU"});

  model = simple();
  model.initializers.pop_back();
  model.nodes.insert(model.nodes.begin(), {"Constant", "", {}, {"b"}, {{"value_float", 5.0}}, {}});
  CHECK(predict(from_onnx(model), x) == Matrix<>{{4}, {4}});
}

TEST_CASE("read_onnx_tensor: all element types and encodings are read") {
  // Messages written by hand: a tensor with one dimension of 2.
  const auto tensor = [](const std::string& values) {
    return detail::read_onnx_tensor(detail::OnnxMessage{"\x08\x02" + values}).values;
  };
  using Values = std::vector<double>;
  CHECK(tensor(std::string{"\x10\x01\x22\x08\0\0\x80\x3f\0\0\0\xc0", 12}) == Values{1, -2});  // float_data
  CHECK(tensor(std::string{"\x10\x01\x25\0\0\x80\x3f\x25\0\0\0\xc0", 12}) == Values{1, -2});  // not packed
  CHECK(tensor(std::string{"\x10\x0a\x4a\x04\0\x3c\x01\0", 8}) == Values{1, std::ldexp(1, -24)});  // float16
  CHECK(tensor(std::string{"\x10\x0a\x2a\x05\x80\x78\x80\xf8\x03", 9}) ==
        Values{1, -std::numeric_limits<double>::infinity()});                   // in int32_data
  CHECK(tensor(std::string{"\x10\x07\x3a\x02\x05\x7f", 6}) == Values{5, 127});  // int64_data
  CHECK(tensor(std::string{"\x10\x09\x4a\x02\x07\0", 6}) == Values{1, 0});      // bool
  CHECK(tensor(std::string{"\x10\x09\x2a\x02\0\x01", 6}) == Values{0, 1});      // in int32_data
}

TEST_CASE("load_onnx: a Dropout with a constant training mode of false is read") {
  OnnxModel model = simple();
  model.initializers.push_back({"ratio", {}, {0.25}, OnnxType::float32});
  model.initializers.push_back({"mode", {}, {0}, OnnxType::boolean});
  model.nodes.insert(model.nodes.begin() + 1, {"Dropout", "drop", {"h", "ratio", "mode"}, {"d"}, {}, {}});
  model.nodes[2].inputs[0] = "d";
  std::istringstream in{bytes_of(model)};
  CHECK(types(load_onnx(in)) == std::vector<std::string>{"Dense", "Dropout", "ReLU"});
  model.initializers.back().values = {1};
  CHECK_THAT(error_of_bytes(bytes_of(model)),
             ContainsSubstring("node \"drop\" (Dropout): expected a network at inference"));

  model.nodes[1].inputs[1] = "";  // the ratio is optional
  CHECK_THAT(error_of_bytes(bytes_of(model)),
             ContainsSubstring("node \"drop\" (Dropout): expected a network at inference"));
  model.initializers.back().values = {0};
  std::istringstream without_ratio{bytes_of(model)};
  DynamicSequential<> net = load_onnx(without_ratio);
  REQUIRE(net[1].get_if<Dropout<>>() != nullptr);
  CHECK(net[1].get_if<Dropout<>>()->keep() == 0.5);
}

TEST_CASE("from_onnx: a Flatten of all axes but the batch is read") {
  OnnxModel model = simple();
  const auto flatten = [&](std::int64_t axis, std::vector<std::int64_t> dims) {
    model = simple();
    model.inputs[0].dims = std::move(dims);
    model.nodes.insert(model.nodes.begin(), {"Flatten", "", {"x"}, {"f"}, {{"axis", axis}}, {}});
    model.nodes[1].inputs[0] = "f";
  };
  for (const std::int64_t axis : {1, -1}) {
    flatten(axis, {-1, 2});
    CHECK(types(from_onnx(model)) == std::vector<std::string>{"Dense", "ReLU"});
  }
  flatten(1, {-1, 1, 2});
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Flatten", "Dense", "ReLU"});
  flatten(-1, {-1, 1, 2});  // would merge the first two axes into rows
  CHECK_THAT(error_of(model), ContainsSubstring("(Flatten): expected axis = 1, got -1"));
  flatten(-2, {-1, 1, 2});
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Flatten", "Dense", "ReLU"});
}

TEST_CASE("load_onnx: flattened values keep the order of ONNX") {
  using namespace onnx_graphs;
  const OnnxTensor weight = numbers("w", {4, 1}, {1, 2, 3, 4}),
                   to = numbers("s", {2}, {-1, 4}, OnnxType::int64);
  const auto image = [&](std::vector<OnnxNode> nodes) {
    return graph({-1, 2, 2}, std::move(nodes), {weight, to});
  };
  const OnnxNode relu{"Relu", "r", {"x"}, {"r"}, {}, {}}, reshape{"Reshape", "f", {"r", "s"}, {"f"}, {}, {}};
  const OnnxModel model = image({relu, reshape, node("MatMul", {"f", "w"})});
  // The channels are 1, -1 and 1, 1 over time in ONNX; in a Batch the channels vary fastest.
  const Matrix<> x{{1}, {1}, {-1}, {1}};
  CHECK(predict(from_onnx(model), Batch{x, {2, 1, 2}}) == Matrix<>{{1 * 1 + 2 * 0 + 3 * 1 + 4 * 1}});
  CHECK_THAT(error_of(image({relu, node("MatMul", {"r", "w"})})),
             ContainsSubstring("(MatMul): expected an input [batch, features], got 3 dimensions"));
}

TEST_CASE("load_onnx: a Reshape is read if it keeps the samples in rows") {
  using namespace onnx_graphs;
  const auto reshape = [](std::vector<double> to, std::int64_t batch = -1,
                          std::vector<OnnxAttribute> with = {}) {
    const auto count = static_cast<std::int64_t>(to.size());
    return graph({batch, 1, 3, 4},
                 {{"Reshape", "f", {"x", "s"}, {"f"}, std::move(with), {}}, node("Gemm", {"f", "w"})},
                 {numbers("s", {count}, std::move(to), OnnxType::int64),
                  numbers("w", {12, 1}, std::vector<double>(12, 1))});
  };
  for (const auto& to : std::vector<std::vector<double>>{{-1, 12}, {0, 12}, {0, -1}})
    CHECK(types(from_onnx(reshape(to))) == std::vector<std::string>{"Flatten", "Dense"});
  CHECK(types(from_onnx(reshape({5, -1}, 5))) ==
        std::vector<std::string>{"Flatten", "Dense"});  // a fixed batch
  for (const auto& to :
       std::vector<std::vector<double>>{{-1, 6}, {-1, -1}, {5, -1}, {12, -1}, {-1}, {}, {0, 7}, {-1, -12}})
    CHECK_THAT(error_of(reshape(to)),
               ContainsSubstring("(Reshape): expected to keep samples in rows, each with its features"));
  CHECK_THAT(error_of(reshape({0, -1}, -1, {{"allowzero", std::int64_t{1}}})),
             ContainsSubstring("(Reshape): expected to keep samples in rows"));
}

TEST_CASE("load_onnx: exports of views and of scikit-learn predict as computed from their weights") {
  using namespace onnx_graphs;
  const Matrix<> x = Matrix<>::Random(12, 3);
  const auto weights = [](const OnnxModel& model, const char* name) {
    const OnnxTensor t = *std::find_if(model.initializers.begin(), model.initializers.end(),
                                       [&](const auto& each) { return each.name == name; });
    const bool is_vector = t.dims.size() == 1;
    // Row-major in the file, so this is the transposed matrix in column-major order.
    return Matrix<>{Eigen::Map<const Matrix<double>>{t.values.data(), is_vector ? t.dims[0] : t.dims[1],
                                                     is_vector ? 1 : t.dims[0]}
                        .cast<float>()};
  };
  for (const char* file : {"view_const.onnx", "view_init.onnx", "sklearn_mlp.onnx", "sklearn_mlp_cut.onnx"}) {
    CAPTURE(file);
    const OnnxModel model = read_onnx(exported(file));
    Matrix<> y = weights(model, "W1") * x;
    y.colwise() += weights(model, "b1").col(0);
    const DynamicSequential<> net = from_onnx(model);
    if (std::string{file} != "sklearn_mlp_cut.onnx") {
      y = (weights(model, "W2") * y.cwiseMax(0)).eval();
      y.colwise() += weights(model, "b2").col(0);
    }
    if (std::string{file} == "sklearn_mlp.onnx") {
      y = y.array().exp();
      y.array().rowwise() /= y.colwise().sum().array().eval();
    }
    CHECK(predict(net, x).isApprox(y, 1e-5F));
  }
}

TEST_CASE("load_onnx: a view of PyTorch by the size of the batch is read") {
  using namespace onnx_graphs;
  const auto view = [](double index, double size) {
    return graph({-1, 1, 2, 3},
                 {{"Shape", "shape", {"x"}, {"shape"}, {}, {}},
                  {"Gather", "first", {"shape", "index"}, {"first"}, {{"axis", std::int64_t{0}}}, {}},
                  {"Unsqueeze", "list", {"first", "axes"}, {"list"}, {}, {}},
                  {"Concat", "to", {"list", "size"}, {"to"}, {{"axis", std::int64_t{0}}}, {}},
                  {"Reshape", "flat", {"x", "to"}, {"flat"}, {}, {}},
                  node("Gemm", {"flat", "w"})},
                 {numbers("index", {}, {index}, OnnxType::int64), numbers("axes", {1}, {0}, OnnxType::int64),
                  numbers("size", {1}, {size}, OnnxType::int64), numbers("w", {6, 1}, {1, 1, 1, 1, 1, 1})});
  };
  const Matrix<> ones = Matrix<>::Ones(6, 2);
  CHECK(predict(from_onnx(view(0, -1)), ones) == Matrix<>{{6, 6}});
  CHECK(predict(from_onnx(view(0, 6)), ones) == Matrix<>{{6, 6}});
  OnnxModel early = view(0, -1);  // before opset 13 the axes are an attribute
  early.opset = 12;
  early.nodes[2].inputs = {"first"};
  CHECK_THAT(error_of(early), ContainsSubstring("expected a shape of the batch size"));
  early.nodes[2].attributes = {{"axes", std::vector<std::int64_t>{0}}};
  CHECK(predict(from_onnx(early), ones) == Matrix<>{{6, 6}});
  CHECK_THAT(error_of(view(1, -1)), ContainsSubstring("expected a shape of the batch size"));
  CHECK_THAT(error_of(view(0, 3)), ContainsSubstring("expected to keep samples in rows"));
}

TEST_CASE("load_onnx: the outputs of regressors and classifiers of scikit-learn are read") {
  using namespace onnx_graphs;
  const OnnxTensor to = numbers("s", {2}, {-1, 1}, OnnxType::int64), weight = numbers("w", {2, 1}, {1, 2});
  OnnxModel model = graph({-1, 2},
                          {{"Cast", "c", {"x"}, {"c"}, {{"to", std::int64_t{1}}}, {}},
                           {"MatMul", "m", {"c", "w"}, {"m"}, {}, {}},
                           node("Reshape", {"m", "s"})},
                          {to, weight});
  const Matrix<> x{{1}, {1}};
  CHECK(predict(from_onnx(model), x) == Matrix<>{{3}});
  // Two classes: p = sigmoid(...), with [1 - p, p] as a list of maps, and labels as a second output.
  model.nodes[2] = {"Sigmoid", "", {"m"}, {"p"}, {}, {}};
  model.nodes.push_back({"Sub", "", {"one", "p"}, {"q"}, {}, {}});
  model.nodes.push_back({"Concat", "", {"q", "p"}, {"both"}, {{"axis", std::int64_t{1}}}, {}});
  model.nodes.push_back({"ArgMax", "", {"both"}, {"label"}, {{"axis", std::int64_t{1}}}, {}});
  model.nodes.push_back({"ZipMap",
                         "",
                         {"both"},
                         {"y"},
                         {{"classlabels_int64s", std::vector<std::int64_t>{0, 1}}},
                         "ai.onnx.ml"});
  model.initializers.push_back(numbers("one", {}, {1}));
  model.outputs = {{"label", {-1}}, {"y", {}}};
  const Matrix<> y = predict(from_onnx(model), x);
  CHECK(y.isApprox(Matrix<>{{0.04742587F}, {0.95257413F}}, 1e-5F));  // 1 / (1 + exp(-3)) is the second
}

TEST_CASE("load_onnx: an input that no output needs is ignored") {
  OnnxModel model = simple();
  model.inputs.insert(model.inputs.begin(), {"unused", {-1, 7}});
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Dense", "ReLU"});
  model.nodes.push_back({"Sin", "", {"unused"}, {"nowhere"}, {}, {}});
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Dense", "ReLU"});
}

TEST_CASE("from_onnx: an unknown node is named") {
  CHECK_THAT(error_after([](OnnxModel& m) { m.nodes[1].op = "Sin"; }),
             ContainsSubstring("load_onnx: node \"last\" (Sin): expected a supported layer") &&
                 ContainsSubstring("Gemm"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.nodes[1].domain = "com.example"; }),
             ContainsSubstring("node \"last\" (Relu): expected a supported layer"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.nodes.insert(m.nodes.begin(), {"Sin", "deep", {"x"}, {"s"}, {}, {}});
               m.nodes[1].inputs[0] = "s";
             }),
             ContainsSubstring("node \"deep\" (Sin)"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.nodes[0].attributes = {{"transA", std::int64_t{1}}};
             }),
             ContainsSubstring("node \"first\" (Gemm): expected transA = 0, got 1"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.nodes[1] = {"Softmax", "", {"h"}, {"y"}, {{"axis", std::int64_t{0}}}, {}};
             }),
             ContainsSubstring("node \"\" (Softmax): expected axis = 1, got 0"));
}

TEST_CASE("from_onnx: structures that no layer has are refused") {
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.inputs.push_back({"z", {-1, 2}});
               m.nodes[1] = {"Add", "last", {"h", "z"}, {"y"}, {}, {}};
             }),
             ContainsSubstring("expected a network with one input, got one with 2"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.outputs.push_back({"h", {-1, 2}});
             }),
             ContainsSubstring("expected a network with one output, got one with 2"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.outputs.clear(); }),
             ContainsSubstring("expected a network with one output, got one without"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.inputs[0].dims = {-1, 3, 8, 8};
             }),
             ContainsSubstring("expected an input [batch, features], got 4 dimensions"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.inputs[0].dims = {-1, -1};
             }),
             ContainsSubstring("expected a fixed number of features"));
  CHECK_THAT(error_after([](OnnxModel& m) {  // two branches with layers in both
               m.nodes.push_back({"Tanh", "", {"x"}, {"t"}, {}, {}});
               m.nodes.push_back({"Add", "sum", {"y", "t"}, {"z"}, {}, {}});
               m.outputs[0].name = "z";
             }),
             ContainsSubstring("node \"sum\" (Add)") &&
                 ContainsSubstring("got a sum of two branches with layers in both"));
  CHECK_THAT(error_after([](OnnxModel& m) {  // a layer shared by two of three branches
               m.nodes.push_back({"Tanh", "", {"h"}, {"t"}, {}, {}});
               m.nodes.push_back({"Concat", "all", {"y", "t", "x"}, {"z"}, {{"axis", std::int64_t{1}}}, {}});
               m.outputs[0].name = "z";
             }),
             ContainsSubstring("node \"first\" (Gemm): expected it on one branch"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.nodes.push_back({"Concat", "all", {"y", "h"}, {"z"}, {{"axis", std::int64_t{0}}}, {}});
               m.outputs[0].name = "z";
             }),
             ContainsSubstring("node \"all\" (Concat): expected axis = 1, got 0"));
}

TEST_CASE("from_onnx: inconsistent graphs are refused") {
  CHECK_THAT(
      error_after([](OnnxModel& m) { m.nodes[0].inputs[0] = "y"; }),  // a cycle
      ContainsSubstring("node \"first\" (Gemm): expected its input \"y\" to come from a node before it"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.nodes[1].inputs[0] = "nowhere"; }),
             ContainsSubstring("node \"last\" (Relu): expected its input \"nowhere\""));
  CHECK_THAT(error_after([](OnnxModel& m) { m.outputs[0].name = "nowhere"; }),
             ContainsSubstring("expected the output \"nowhere\" to come from a node"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.nodes[1].outputs[0] = "h"; }),
             ContainsSubstring("got \"h\" twice"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.nodes[0].outputs[0] = "x"; }),
             ContainsSubstring("\"x\" twice"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.inputs[0].dims[1] = 3; }),
             ContainsSubstring("node \"first\" (Gemm): expected 3 features, got a matrix for 2"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.initializers[1] = {"b", {3}, {1, 2, 3}, OnnxType::float32};
             }),
             ContainsSubstring("node \"first\" (Gemm): expected 2 values in a row for bias, got 3"));
  CHECK_THAT(error_after([](OnnxModel& m) { m.initializers[0].dims = {4}; }),
             ContainsSubstring("expected a matrix for weight, got 1 dimensions"));
}

TEST_CASE("from_onnx: networks much larger than their file are refused") {
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.inputs[0].dims[1] = std::int64_t{1} << 31;
               m.nodes[0] = {"Mul", "", {"x", "one"}, {"h"}, {}, {}};
               m.initializers.push_back({"one", {}, {1}, OnnxType::float32});
             }),
             ContainsSubstring("expected about as many weights as the file holds"));
  CHECK_THAT(error_after([](OnnxModel& m) {
               m.inputs[0].dims = {-1, std::int64_t{1} << 40};
             }),
             ContainsSubstring("features up to 2^31"));
  CHECK_THAT(error_after([](OnnxModel& m) {  // the features double each time
               std::string x = "y";
               for (int i = 0; i < 70; ++i)
                 m.nodes.push_back(
                     {"Concat", "", {x, x}, {x = detail::joined("c", i)}, {{"axis", std::int64_t{1}}}, {}});
               m.outputs[0].name = x;
             }),
             ContainsSubstring("expected up to 2^31 features"));
  CHECK_THAT(
      error_after([](OnnxModel& m) {  // nested residuals
        std::string x = "y";
        for (int i = 0; i < 60; ++i)
          m.nodes.push_back({"Tanh", "", {x}, {x = detail::joined("t", i)}, {}, {}});
        for (int i = 58; i >= 0; --i)
          m.nodes.push_back({"Add", "", {detail::joined("t", i), x}, {x = detail::joined("s", i)}, {}, {}});
        m.outputs[0].name = x;
      }),
      ContainsSubstring("expected branches nested at most 50 deep"));
  CHECK_THAT(
      error_after([](OnnxModel& m) {  // each branch is only a name
        m.nodes.push_back(
            {"Concat", "", std::vector<std::string>(5000, "y"), {"z"}, {{"axis", std::int64_t{1}}}, {}});
        m.outputs[0].name = "z";
      }),
      ContainsSubstring("expected about as many weights as the file holds"));
}

TEST_CASE("from_onnx: the search for common ancestors is limited") {
  CHECK_THAT(error_after([](OnnxModel& m) {
               std::string x = "y";
               for (int i = 0; i < 1000; ++i)
                 m.nodes.push_back({"Tanh", "", {x}, {x = detail::joined("t", i)}, {}, {}});
               for (int i = 0; i < 1000; ++i)
                 m.nodes.push_back(
                     {"Concat", "", {x, "y"}, {detail::joined("c", i)}, {{"axis", std::int64_t{1}}}, {}});
               m.outputs[0].name = "c0";
             }),
             ContainsSubstring("(Concat): expected branches that share no layers"));
  // A network with as many nodes that shares no layers is read.
  OnnxModel model = simple();
  std::string x = "y";
  for (int i = 0; i < 300; ++i) {
    const std::string begin = x;
    for (int k = 0; k < 10; ++k)
      model.nodes.push_back({"Tanh", "", {x}, {x = detail::joined("t", i, '.', k)}, {}, {}});
    model.nodes.push_back({"Add", "", {begin, x}, {x = detail::joined("s", i)}, {}, {}});
  }
  model.outputs[0].name = x;
  CHECK(types(from_onnx(model)).size() == 302);
}

TEST_CASE("read_onnx: omitted optional inputs at the end are dropped") {
  OnnxModel model = simple();
  model.nodes[1].inputs = {"h", "", ""};
  CHECK(types(from_onnx(model)) == std::vector<std::string>{"Dense", "ReLU"});
  std::istringstream in{bytes_of(model)};
  CHECK(read_onnx(in).nodes[1].inputs == std::vector<std::string>{"h"});
}

TEST_CASE("read_onnx: a file without required fields is refused") {
  const auto error_after_writing = [](const std::function<void(OnnxModel&)>& damage) {
    OnnxModel model = simple();
    damage(model);
    return error_of_bytes(bytes_of(model));
  };
  CHECK_THAT(error_after_writing([](OnnxModel& m) { m.nodes[0].op.clear(); }),
             ContainsSubstring("read_onnx: node \"first\": expected an operator and outputs"));
  CHECK_THAT(error_after_writing([](OnnxModel& m) { m.nodes[0].outputs.clear(); }),
             ContainsSubstring("read_onnx: node \"first\": expected an operator and outputs"));
  CHECK_THAT(error_after_writing([](OnnxModel& m) { m.nodes[0].attributes[0].name.clear(); }),
             ContainsSubstring("read_onnx: expected an attribute with a name"));
  CHECK_THAT(error_after_writing([](OnnxModel& m) { m.opset = 0; }),
             ContainsSubstring("read_onnx: expected opset_import"));
  const std::string whole = bytes_of(simple());
  REQUIRE(whole.substr(whole.size() - 6) == std::string{"\x42\x04\x0a\0\x10\x11", 6});
  CHECK_THAT(error_of_bytes(whole.substr(0, whole.size() - 6)),
             ContainsSubstring("read_onnx: expected opset_import"));
}

TEST_CASE("read_onnx: a file that is not ONNX is refused") {
  CHECK_THAT(error_of_bytes(""), ContainsSubstring("expected a model with a graph, got none"));
  CHECK_THAT(error_of_bytes("PK\3\4 a zip file"), ContainsSubstring("pass a complete .onnx file"));
  CHECK_THAT(error_of_bytes("\x3a\x05xx"), ContainsSubstring("expected Protocol Buffers, got damaged ones"));
  CHECK_THAT(message_of<FormatError>([] { load_onnx("missing.onnx"); }),
             ContainsSubstring("read_onnx: expected a readable file at \"missing.onnx\", file not found"));
  CHECK_THAT(message_of<FormatError>([] { load_onnx(std::filesystem::path{DESCENT_TESTS_DIR}); }),
             ContainsSubstring(detail::joined(
                 "read_onnx: ", DESCENT_TESTS_DIR,
                 ": expected a readable file, got a read error; pass the path of a file, not of a folder")));
  const auto tensor = [](const std::string& bytes) {
    return message_of<FormatError>([&] { detail::read_onnx_tensor(detail::OnnxMessage{bytes}); });
  };
  CHECK_THAT(tensor("\x10\x01\x70\x01"), ContainsSubstring("got a reference to another file"));
  CHECK_THAT(tensor("\x08\x02\x10\x01"), ContainsSubstring("expected 2 values, got 0"));
  CHECK_THAT(tensor("\x08\x02\x10\x01\x4a\x09"
                    "123456789"),
             ContainsSubstring("expected values of 4 bytes, got 9 bytes in all"));
  CHECK_THAT(tensor("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01"),
             ContainsSubstring("expected sizes that a file can hold, got -1"));
  CHECK_THAT(tensor("\x08\x80\x80\x80\x80\x10\x08\x80\x80\x80\x80\x10\x10\x01"),
             ContainsSubstring("expected sizes that a file can hold, got 4294967296"));
  CHECK_THAT(tensor("\x0d\1\1\1\1"), ContainsSubstring("expected field 1 of wire type 0, got 5"));
}

TEST_CASE("load_onnx: a stream with exceptions enabled is read") {
  std::istringstream in{bytes_of(simple())};
  in.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
  CHECK(types(load_onnx(in)) == std::vector<std::string>{"Dense", "ReLU"});
}

TEST_CASE("load_onnx: a truncated file is refused or read without a crash") {
  const std::string whole = bytes_of(simple());
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_NOTHROW(fuzz::onnx(whole.substr(0, size)));
}

TEST_CASE("load_onnx: hostile files are refused or read without a crash") {
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator{std::filesystem::path{DESCENT_TESTS_DIR} /
                                                              "fuzz" / "corpus" / "onnx"}) {
    CAPTURE(file.path().string());
    CHECK_NOTHROW(fuzz::onnx(content(file.path())));
    ++files;
  }
  CHECK(files > 10);
}

}  // namespace onnx_load_test
