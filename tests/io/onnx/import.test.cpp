#include "descent/io/onnx/import.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_import_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;
using Types = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

namespace {

// A layer that ONNX has no operator for.
struct Square : Activation<Square, float> {
  static constexpr std::string_view name = "Square";
  static auto value(const auto& x) { return x * x; }
  static auto derivative(const auto& x, const auto&) { return 2 * x; }
};

OnnxNode transpose(const char* from, const char* to, Integers order) {
  return {"Transpose", to, {from}, {to}, {{"perm", std::move(order)}}, {}};
}

const Shape image{.channels = 2, .height = 1, .width = 2};
// [[[1, 2]], [[3, 4]]] in ONNX: the first channel is 1, 2. In a Batch the channels vary fastest.
const Matrix<> x{{1}, {3}, {2}, {4}};

}  // namespace

TEST_CASE("OnnxImport: the weights after a flattened image are reordered") {
  const OnnxModel model =
      graph({-1, 2, 1, 2}, {{"Flatten", "f", {"x"}, {"f"}, {}, {}}, node("Gemm", {"f", "w"})},
            {numbers("w", {4, 1}, {1, 10, 100, 1000})});
  CHECK(predict(from_onnx(model), Batch{x, image}) == Matrix<>{{1 + 2 * 10 + 3 * 100 + 4 * 1000}});
}

TEST_CASE("OnnxImport: the constants of each layer after a flattened image are reordered") {
  const OnnxModel model =
      graph({-1, 2, 1, 2},
            {{"Flatten", "f", {"x"}, {"f"}, {}, {}},
             {"Mul", "m", {"f", "a"}, {"m"}, {}, {}},
             {"BatchNormalization", "b", {"m", "one", "a", "zero", "one"}, {"b"}, {{"epsilon", 0.0}}, {}},
             node("Gemm", {"b", "w"})},
            {numbers("a", {4}, {1, 2, 3, 4}), numbers("one", {4}, {1, 1, 1, 1}),
             numbers("zero", {4}, {0, 0, 0, 0}), numbers("w", {4, 1}, {1, 10, 100, 1000})});
  // (1 * 1 + 1), (2 * 2 + 2), (3 * 3 + 3), (4 * 4 + 4)
  CHECK(predict(from_onnx(model), Batch{x, image}).isApprox(Matrix<>{{2 + 6 * 10 + 12 * 100 + 20 * 1000}}));
}

TEST_CASE("OnnxImport: layers of images work on channels") {
  const std::vector<OnnxTensor> constants{
      numbers("g", {2}, {1, 2}), numbers("b", {2}, {10, 20}),     numbers("m", {2}, {1, 1}),
      numbers("v", {2}, {1, 4}), numbers("s", {2, 1, 1}, {1, 5}), numbers("k", {1, 2, 1, 1}, {1, 10})};
  OnnxModel model =
      graph({-1, 2, 1, 2},
            {{"BatchNormalization", "bn", {"x", "g", "b", "m", "v"}, {"h"}, {{"epsilon", 0.0}}, {}},
             {"Add", "sum", {"h", "s"}, {"i"}, {}, {}},
             node("Conv", {"i", "k"})},
            constants);
  CHECK(types(from_onnx(model)) == Types{"BatchNorm", "Standardize", "Dense"});
  // The first channel is (x - 1) + 10 + 1, the second (x - 1) / 2 * 2 + 20 + 5; then 1 and 10 times these.
  CHECK(predict(from_onnx(model), Batch{x, image}).isApprox(Matrix<>{{11 + 270}, {12 + 280}}));
  // Over both positions of the first channel, 11 and 12, and of the second, 27 and 28.
  model.initializers.back() = numbers("k", {1, 2, 1, 2}, {1, 1, 1, 10});
  CHECK(types(from_onnx(model)) == Types{"BatchNorm", "Standardize", "Conv2D"});
  CHECK(predict(from_onnx(model), Batch{x, image}).isApprox(Matrix<>{{11 + 12 + 27 + 280}}));
}

TEST_CASE("OnnxImport: the channels of the input are last if the layers work on the last axis") {
  const OnnxModel model =
      graph({-1, 2, 3}, {node("MatMul", {"x", "w"})}, {numbers("w", {3, 1}, {1, 10, 100})});
  const Matrix<> steps{{1}, {2}, {3},
                       {4}, {5}, {6}};  // [[1, 2, 3], [4, 5, 6]] in ONNX, in the same order in a Batch
  const DynamicSequential<> net = from_onnx(model);
  CHECK(predict(net, Batch{steps, {.channels = 3, .width = 2}}) == Matrix<>{{321}, {654}});
  // Between two x.transpose(1, 2) of PyTorch, the channels of the input are first.
  const OnnxModel transposed =
      graph({-1, 3, 2},
            {transpose("x", "t", {0, 2, 1}), OnnxNode{"MatMul", "m", {"t", "w"}, {"m"}, {}, {}},
             transpose("m", "y", {0, 2, 1})},
            {numbers("w", {3, 1}, {1, 10, 100})});
  CHECK(types(from_onnx(transposed)) == Types{"Dense"});
  CHECK(predict(from_onnx(transposed), Batch{steps, {.channels = 3, .width = 2}}) == Matrix<>{{321}, {654}});
}

TEST_CASE("OnnxImport: values in an order that no layer has are refused") {
  CHECK_THAT(
      error_of(graph({-1, 2, 1, 2}, {node("Flatten", {"x"})})),
      ContainsSubstring("expected an output with its channels in axis 1, got values in another order"));
  CHECK_THAT(
      error_of(graph({-1, 2, 2, 3}, {transpose("x", "y", {0, 3, 2, 1})})),
      ContainsSubstring("expected an output with its channels in axis 1, got values in another order"));
  CHECK_THAT(error_of(graph({-1, 2, 3}, {transpose("x", "y", {1, 0, 2})})),
             ContainsSubstring("expected an output with the batch in axis 0, got it in axis 1"));
}

TEST_CASE("OnnxImport: a pattern of the user reads a custom layer") {
  OnnxImporters<> layers = onnx_patterns();
  layers.insert(layers.begin(), {"Mul(x, x)", [](OnnxImport<>& in) { in.add(Square{}); }});
  const OnnxModel model = graph({-1, 2}, {{"Mul", "m", {"x", "x"}, {"m"}, {}, {}}, node("Relu", {"m"})});
  CHECK(types(from_onnx(model, layers)) == Types{"Square", "ReLU"});
  CHECK_THAT(error_of(model), ContainsSubstring("expected Mul(x, a), got the computed value \"x\" for a"));

  Shape seen;
  layers.insert(layers.begin(), {"Resize(x, scale)", [&](OnnxImport<>& in) {
                                   seen = in.shape();
                                   CHECK(in.integer("Resize", "mode", 0) == 3);
                                   CHECK(in.tensor("scale").dims == Integers{2});
                                   in.add(Identity{});
                                 }});
  from_onnx(graph({-1, 2, 1, 2}, {node("Resize", {"x", "a"}, {{"mode", std::int64_t{3}}})},
                  {numbers("a", {2}, {1, 1})}),
            layers);
  CHECK(seen == image);
}

TEST_CASE("OnnxPattern: a malformed pattern is refused") {
  for (const char* pattern : {"", "x", "Relu", "Relu(", "Relu(x", "Relu(x))", "Relu()", "Relu(a)", "Relu(x?)",
                              "relu(x)", "Mul(x,, x)"})
    CHECK_THAT(
        support::message_of<DataError>([&] {
          from_onnx(graph({-1, 2}, {node("Relu", {"x"})}), OnnxImporters<>{{pattern, [](OnnxImport<>&) {}}});
        }),
        ContainsSubstring(detail::joined("expected a pattern of operators and x, got \"", pattern, '"')));
}

}  // namespace onnx_import_test
