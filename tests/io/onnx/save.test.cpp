#include "descent/io/onnx/save.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "conformance/layer_table.hpp"
#include "descent/autodiff.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/onnx/read.hpp"
#include "descent/layers.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace onnx_save_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

using Names = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

Names operators(const OnnxModel& model) {
  Names all;
  for (const OnnxNode& node : model.nodes) all.push_back(node.op);
  return all;
}
Names constants(const OnnxModel& model) {
  Names all;
  for (const OnnxTensor& tensor : model.initializers) all.push_back(tensor.name);
  return all;
}
const OnnxTensor& constant(const OnnxModel& model, const std::string& name) {
  for (const OnnxTensor& tensor : model.initializers)
    if (tensor.name == name) return tensor;
  FAIL("no constant " << name);
  return model.initializers[0];
}

// A layer that ONNX has no operator for.
struct Square : Activation<Square, float> {
  static constexpr std::string_view name = "Square";
  static auto value(const auto& x) { return x * x; }
  static auto derivative(const auto& x, const auto&) { return 2 * x; }
};

// A layer with a kernel of four dimensions, like a convolution; in memory its channels vary fastest, then the width.
struct Kernel {
  static constexpr std::string_view name = "Kernel";
  using Scalar = float;
  struct Cache {
    Matrix<> y;
  };
  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"kernel", Role::weight, {{1, 2, 2, 3}, {0, 1, 3, 2}}}, tree.kernel...);
  }
  Shape output_shape(const Shape&) const { return {1}; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const { return c.y = kernel * x; }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache&, Kernel&, const Pass&) const { return dy; }

  Matrix<> kernel = Eigen::RowVectorXf::LinSpaced(12, 0, 11);
};

Sequential<Dense<>, ReLU<>, Dense<>> small_net() {
  Rng rng{1};
  return Sequential{Dense{4, 3, rng}, ReLU{}, Dense{3, 2, rng, Bias::none}};
}

}  // namespace

TEST_CASE("save_onnx: a formula without a counterpart names the operation") {
  const Sequential chooses{lambda([](auto x) { return where(x.value().array() > 0, x, 0.1 * x); })};
  const Sequential mixes{lambda([](auto x) { return x - mean(x, Over::samples); })};
  const Sequential multiplies{lambda([](auto x) { return x * transpose(x) * x; })};
  CHECK_THAT(message_of<DataError>([&] { to_onnx(chooses, {.shape = {3}}); }),
             ContainsSubstring(
                 "save_onnx, layer \"0\": expected an operation with a counterpart in ONNX, got where; write "
                 "the formula with other operations"));
  CHECK_THAT(message_of<DataError>([&] { to_onnx(mixes, {.shape = {3}}); }),
             ContainsSubstring(
                 "expected operations on each sample by itself, got \"sum\" over several samples; reduce"));
  CHECK_THAT(message_of<DataError>([&] { to_onnx(multiplies, {.shape = {3}}); }),
             ContainsSubstring("expected operations on each sample by itself"));
}

TEST_CASE("to_onnx: nodes and constants are named by the paths of their layers") {
  const auto net = small_net();
  const OnnxModel model = to_onnx(net);
  CHECK(model.producer == "descent");
  CHECK(model.opset == 17);
  CHECK(operators(model) == Names{"Gemm", "Relu", "Gemm"});
  CHECK(constants(model) == Names{"0.weight", "0.bias", "2.weight"});
  CHECK(model.nodes[0].name == "0.Gemm");
  CHECK(model.nodes[0].inputs == Names{"x", "0.weight", "0.bias"});
  CHECK(model.nodes[1].inputs == model.nodes[0].outputs);
  CHECK(model.nodes[2].inputs == Names{"1.Relu", "2.weight"});
  CHECK(model.nodes[2].outputs == Names{"y"});
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].name == "x");
  CHECK(model.inputs[0].dims == std::vector<std::int64_t>{-1, 4});
  CHECK(model.outputs[0].dims == std::vector<std::int64_t>{-1, 2});

  const OnnxTensor weight = constant(model, "0.weight");
  CHECK(weight.dims == std::vector<std::int64_t>{3, 4});
  CHECK(weight.values[1] == net.layer<0>().weight(0, 1));  // row-major
}

TEST_CASE("save_onnx: read_onnx reads the same model back") {
  std::stringstream file;
  save_onnx(file, small_net(), {.classes = {"cat", "dog"}});
  const OnnxModel written = to_onnx(small_net()), read = read_onnx(file);
  CHECK(read.producer == "descent");
  CHECK(read.producer_version == written.producer_version);
  CHECK(read.opset == 17);
  CHECK(read.metadata ==
        std::vector<std::pair<std::string, std::string>>{{"class.0", "cat"}, {"class.1", "dog"}});
  CHECK(operators(read) == operators(written));
  CHECK(constants(read) == constants(written));
  CHECK(read.initializers[0].values == written.initializers[0].values);
  CHECK(read.initializers[0].dims == written.initializers[0].dims);
  CHECK(read.inputs[0].dims == written.inputs[0].dims);
  CHECK(detail::attribute_or(read.nodes[0], "transB", std::int64_t{0}) == 1);
}

TEST_CASE("to_onnx: DynamicSequential and Sequential give the same nodes") {
  Rng a{1}, b{1};
  CHECK(operators(to_onnx(DynamicSequential{Dense{4, 3, a}, GELU{}})) ==
        operators(to_onnx(Sequential{Dense{4, 3, b}, GELU{}})));
}

TEST_CASE("to_onnx: batch normalization is folded into the Dense before it") {
  Rng rng{1};
  BatchNorm norm{2};
  norm.gamma << 2, 3;
  norm.beta << 1, -1;
  norm.running_mean << 0.5, 4;
  norm.running_variance << 4, 9;
  const Dense dense{3, 2, rng}, without_bias{3, 2, rng, Bias::none};

  const OnnxModel folded = to_onnx(Sequential{dense, norm});
  CHECK(operators(folded) == Names{"Gemm"});
  CHECK(constants(folded) == Names{"0.weight", "0.bias"});
  CHECK(folded.nodes[0].outputs == Names{"y"});
  CHECK(std::abs(constant(folded, "0.weight").values[4] - dense.weight(1, 1)) < 1e-5);  // 3 / sqrt(9)
  CHECK(std::abs(constant(folded, "0.bias").values[0] - 0.5) < 1e-5);                   // 1 - 2 / 2 * 0.5
  CHECK(std::abs(constant(folded, "0.bias").values[1] + 5) < 1e-5);                     // -1 - 3 / 3 * 4

  const OnnxModel with_new_bias = to_onnx(Sequential{without_bias, norm, Tanh{}});
  CHECK(operators(with_new_bias) == Names{"Gemm", "Tanh"});
  CHECK(with_new_bias.nodes[0].inputs == Names{"x", "0.weight", "1.shift"});
  CHECK(with_new_bias.nodes[1].inputs == with_new_bias.nodes[0].outputs);

  CHECK(operators(to_onnx(norm)) == Names{"Mul", "Add"});
  CHECK(operators(to_onnx(Sequential{dense, ReLU{}, norm})) == Names{"Gemm", "Relu", "Mul", "Add"});
  CHECK(operators(to_onnx(Sequential{dense, Residual{norm}})) == Names{"Gemm", "Mul", "Add", "Add"});
  CHECK(operators(to_onnx(Sequential{dense, norm}, {.fold_batch_norm = false})) ==
        Names{"Gemm", "BatchNormalization"});
}

TEST_CASE("to_onnx: options add and omit layers") {
  Rng rng{1};
  const Standardize scale{Matrix<>{{0, 1}, {2, 5}}};
  const Sequential net{scale, Sequential{Dense{2, 2, rng}, Dropout{}}};
  CHECK(operators(to_onnx(net)) == Names{"Sub", "Div", "Gemm"});
  CHECK(operators(to_onnx(net, {.input_normalization = false})) == Names{"Gemm"});
  CHECK(operators(to_onnx(net, {.softmax = true})) == Names{"Sub", "Div", "Gemm", "Softmax"});
  CHECK(operators(to_onnx(Dropout{}, {.shape = {3}})) == Names{"Identity"});
  CHECK_THAT(message_of<DataError>([&] { to_onnx(net, {.classes = {"one"}}); }),
             ContainsSubstring("expected a name for each of 2 classes, got 1"));
}

TEST_CASE("to_onnx: the number of features is inferred or required") {
  Rng rng{1};
  CHECK(to_onnx(Sequential{ReLU{}, BatchNorm{5}}).inputs[0].dims[1] == 5);
  CHECK(to_onnx(Sequential{PReLU{}, Dense{4, 3, rng}}).inputs[0].dims[1] == 4);
  CHECK_THAT(message_of<DataError>([] { to_onnx(PReLU{}); }),
             ContainsSubstring("got one that takes any; pass the shape of a sample"));
  CHECK(to_onnx(PReLU{}, {.shape = {7}}).inputs[0].dims[1] == 7);
  CHECK_THROWS_AS(to_onnx(Dense{4, 3, rng}, {.shape = {7}}), ShapeError);
}

TEST_CASE("save_onnx: a layer without a counterpart in ONNX is refused with its path") {
  Rng rng{1};
  std::ostringstream file;
  const Sequential net{Dense{3, 3, rng}, Residual{Sequential{Square{}, ReLU{}}}};
  CHECK_THAT(
      message_of<DataError>([&] { save_onnx(file, net); }),
      ContainsSubstring("save_onnx, layer \"1.body.0\": expected a layer with a counterpart in ONNX, got "
                        "Square; add a function for it"));
  CHECK(file.str().empty());
  CHECK_THAT(message_of<DataError>([&] {
               save_onnx(file, Sequential{Dense{3, 3, rng}, Elementwise{[](auto x) { return x * x; }}});
             }),
             ContainsSubstring("layer \"1\"") && ContainsSubstring("got Elementwise"));
}

TEST_CASE("save_onnx: a function of the user writes a custom layer") {
  Rng rng{1};
  OnnxEmitters layers = onnx_layers();
  layers["Square"] = [](OnnxBuilder& to, const OnnxLayer&, const std::string& x) {
    return to.node("Mul", {x, x});
  };
  const OnnxModel model = to_onnx(Sequential{Dense{3, 3, rng}, Square{}}, {.layers = layers});
  CHECK(operators(model) == Names{"Gemm", "Mul"});
  CHECK(model.nodes[1].name == "1.Mul");

  layers["Square"] = [](OnnxBuilder&, const OnnxLayer& layer, const std::string&) -> std::string {
    layer.tensor("weight");
    return "";
  };
  CHECK_THAT(message_of<DataError>([&] {
               to_onnx(Sequential{Dense{3, 3, rng}, Square{}}, {.layers = layers});
             }),
             ContainsSubstring("layer \"1\": expected Square to have the parameter \"weight\", got none"));
}

TEST_CASE("save_onnx: the channels are axis 1 of images and sequences") {
  Rng rng{1};
  const Sequential net{Dense{3, 4, rng}, ReLU{}, Flatten{}, Dense{24, 2, rng}};
  const OnnxModel image = to_onnx(net, {.shape = {.channels = 3, .height = 2, .width = 3}});
  CHECK(image.inputs[0].dims == Integers{-1, 3, 2, 3});
  CHECK(image.outputs[0].dims == Integers{-1, 2});
  CHECK(operators(image) == Names{"Conv", "Relu", "Transpose", "Reshape", "Gemm"});
  CHECK(constant(image, "0.weight").dims == Integers{4, 3, 1, 1});
  CHECK(*detail::find_attribute<Integers>(image.nodes[2], "perm") == Integers{0, 2, 3, 1});
  CHECK(constant(image, "2.shape").values == std::vector<double>{-1, 24});

  const OnnxModel sequence = to_onnx(net, {.shape = {.channels = 3, .width = 6}});
  CHECK(sequence.inputs[0].dims == Integers{-1, 3, 6});
  CHECK(constant(sequence, "0.weight").dims == Integers{4, 3, 1});

  const OnnxModel each = to_onnx(Sequential{Flatten{}, Reshape{{2, 3, 1}}}, {.shape = {6}});
  CHECK(each.outputs[0].dims == Integers{-1, 2, 3, 1});
  CHECK(operators(each) == Names{"Reshape", "Transpose"});
  CHECK(constant(each, "1.shape").values == std::vector<double>{-1, 3, 1, 2});
}

TEST_CASE("onnx_broadcast: a number for each channel or each value is broadcast to images") {
  const Shape shape{.channels = 2, .height = 1, .width = 2};
  PReLU slopes{2}, all{4};
  slopes.slope << 1, 2;
  all.slope << 1, 2, 3, 4;  // channels 1, 2 of the first position, 3, 4 of the second
  CHECK(to_onnx(slopes, {.shape = shape}).initializers[0].dims == Integers{2, 1});
  const OnnxModel model = to_onnx(all, {.shape = shape});
  CHECK(model.initializers[0].dims == Integers{2, 2});
  CHECK(model.initializers[0].values == std::vector<double>{1, 3, 2, 4});
}

TEST_CASE("to_onnx: batch normalization of images is folded into the Dense before it") {
  Rng rng{1};
  const Shape shape{.channels = 3, .height = 2, .width = 2};
  CHECK(operators(to_onnx(Sequential{Dense{3, 2, rng}, BatchNorm{2}}, {.shape = shape})) == Names{"Conv"});
  CHECK(operators(to_onnx(BatchNorm{3}, {.shape = shape})) == Names{"Mul", "Add"});
}

TEST_CASE("OnnxLayer: a tensor has its logical dimensions in row-major order") {
  OnnxEmitters layers = onnx_layers();
  OnnxTensor kernel;
  Shape in, out;
  layers["Kernel"] = [&](OnnxBuilder& to, const OnnxLayer& layer, const std::string& x) {
    kernel = layer.tensor("kernel");
    in = layer.input_shape(), out = layer.output_shape();
    return to.node("Conv", {x, to.constant("kernel", kernel)});
  };
  const Shape shape{.channels = 2, .height = 2, .width = 3};
  to_onnx(Sequential{ReLU{}, Kernel{}}, {.shape = shape, .layers = layers});
  CHECK(in == shape);
  CHECK(out == Shape{1});
  CHECK(kernel.dims == Integers{1, 2, 2, 3});
  // The number i in memory has channel i % 2, column i / 2 % 3, row i / 6.
  CHECK(kernel.values == std::vector<double>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
}

TEST_CASE("onnx_layers: every layer of the conformance table has a function or is listed as not in files") {
  conformance::for_each(conformance::layers, [](const conformance::LayerRow& row) {
    CAPTURE(row.name);
    Rng rng{7};
    const auto layer = row.make_float(rng);
    if (row.not_in_files.empty() || describe(layer).formula != nullptr)
      CHECK_NOTHROW(to_onnx(layer, {.shape = row.shape}));
    else
      CHECK_THAT(
          message_of<DataError>([&] { to_onnx(layer, {.shape = row.shape}); }),
          ContainsSubstring("expected a layer with a counterpart in ONNX, got " + describe(layer).type));
  });
}

TEST_CASE("save_onnx: a failed write keeps the old file") {
  const support::TemporaryFolder folder;
  const auto path = folder.path / "net.onnx";
  save_onnx(path, small_net());
  Rng rng{1};
  CHECK_THROWS_AS(save_onnx(path, Sequential{Dense{3, 3, rng}, Square{}}), DataError);
  CHECK(operators(read_onnx(path)) == Names{"Gemm", "Relu", "Gemm"});
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path}, {}) == 1);
  CHECK_THAT(message_of<FormatError>([&] { save_onnx(folder.path / "none" / "net.onnx", small_net()); }),
             ContainsSubstring("write_onnx: expected to write "));
}

}  // namespace onnx_save_test
