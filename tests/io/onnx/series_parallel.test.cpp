#include "descent/io/onnx/series_parallel.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_series_parallel_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;
using Types = std::vector<std::string>;

namespace {

const OnnxTensor square = numbers("w", {2, 2}, {1, 2, 3, 4});
const OnnxTensor pair = numbers("a", {2}, {5, 6});

}  // namespace

TEST_CASE("OnnxSeriesParallel: a node of a known operator is refused with the input at fault") {
  const auto about = [](OnnxNode refused) {
    return error_of(graph({-1, 2}, {std::move(refused)}, {square, pair}));
  };
  CHECK_THAT(about(node("MatMul", {"w", "x"})),
             ContainsSubstring("node \"n\" (MatMul): expected MatMul(x, weight), got the constant \"w\" for "
                               "x; compute x from the input"));
  CHECK_THAT(about(node("Gemm", {"w", "x"})),
             ContainsSubstring("expected Gemm(x, weight, bias?), got the constant \"w\" for x"));
  CHECK_THAT(about(node("Mul", {"x", "x"})),
             ContainsSubstring("expected Mul(x, a), got the computed value \"x\" for a"));
  CHECK_THAT(about(node("Div", {"a", "x"})),
             ContainsSubstring("expected Div(x, a), got the constant \"a\" for x"));
  CHECK_THAT(about(node("Gemm", {"x"})), ContainsSubstring("expected Gemm(x, weight, bias?), got no weight"));
  CHECK_THAT(about(node("Relu", {"x", "a"})), ContainsSubstring("expected Relu(x), got 2 inputs"));
  CHECK_THAT(about(node("Concat", {"x", "a"}, {{"axis", std::int64_t{1}}})),
             ContainsSubstring("got a constant among the branches: \"a\"; rewrite this part"));
}

TEST_CASE("OnnxSeriesParallel: the first unknown node is named") {
  OnnxModel model =
      graph({-1, 2}, {{"Sin", "wave", {"x"}, {"s"}, {}, {}}, node("Gemm", {"s", "w", "s"})}, {square});
  CHECK_THAT(error_of(model), ContainsSubstring("node \"wave\" (Sin): expected a supported layer"));
  model = graph({-1, 2},
                {{"Constant", "bias", {}, {"b"}, {{"value_string", std::string{"5"}}}, {}},
                 node("Gemm", {"x", "w", "b"})},
                {square});
  CHECK_THAT(error_of(model),
             ContainsSubstring("node \"bias\" (Constant): expected a supported layer, got its value as "
                               "value_string"));
  model = graph({-1, 2}, {{"Scaler", "n", {"x"}, {"y"}, {}, "ai.onnx.ml"}});
  CHECK_THAT(error_of(model),
             ContainsSubstring("node \"n\" (Scaler): expected a supported layer, got an operator of "
                               "\"ai.onnx.ml\""));
}

TEST_CASE("OnnxValues: a Constant is read from every attribute with numbers") {
  CHECK(types(load_onnx(exported("const_value_floats.onnx"))) == Types{"Dense"});
  const Matrix<> x{{1}, {-1}};
  const auto constant = [](const char* attribute, OnnxAttribute::Value value) {
    return graph({-1, 2}, {{"Constant", "c", {}, {"c"}, {{attribute, std::move(value)}}, {}},
                           node("Add", {"x", "c"})});
  };
  CHECK(predict(from_onnx(constant("value_float", 2.0)), x) == Matrix<>{{3}, {1}});
  CHECK(predict(from_onnx(constant("value_int", std::int64_t{2})), x) == Matrix<>{{3}, {1}});
  CHECK(predict(from_onnx(constant("value_floats", std::vector<double>{2, 3})), x) == Matrix<>{{3}, {2}});
  CHECK(predict(from_onnx(constant("value_ints", std::vector<std::int64_t>{2, 3})), x) == Matrix<>{{3}, {2}});
}

TEST_CASE("OnnxNumbers: a tensor of another type is refused only at a node that needs it") {
  CHECK(types(load_onnx(exported("unused_int32.onnx"))) == Types{"Dense", "ReLU", "Dense"});
  // A tensor of type 3, int8, with one value.
  const OnnxTensor quantized = detail::read_onnx_tensor(detail::OnnxMessage{"\x10\x03\x2a\x01\x05\x42\x01q"});
  OnnxModel model = graph({-1, 2}, {node("Relu", {"x"})}, {quantized});
  CHECK(types(from_onnx(model)) == Types{"ReLU"});
  model.nodes[0] = node("Mul", {"x", "q"});
  CHECK_THAT(error_of(model), ContainsSubstring("node \"n\" (Mul): expected a of float32, float64, float16, "
                                                "bfloat16, int32, int64 or bool, got type 3"));
}

TEST_CASE("onnx_patterns: optional inputs may be omitted") {
  CHECK(types(load_onnx(exported("clip_min_only.onnx"))) == Types{"Dense", "ReLU"});
  const Matrix<> x{{1}, {-1}};
  CHECK(predict(from_onnx(graph({-1, 2}, {node("Sub", {"a", "x"})}, {pair})), x) == Matrix<>{{4}, {7}});
  OnnxModel norm = graph({-1, 2}, {node("LayerNormalization", {"x", "a"}, {{"epsilon", 0.0}})}, {pair});
  CHECK(predict(from_onnx(norm), x).isApprox(Matrix<>{{5}, {-6}}));
}

TEST_CASE("OnnxNumbers: a constant that does not broadcast is refused with its dimensions") {
  OnnxTensor column = numbers("c", {2, 1}, {5, 6});
  const auto about = [&] {
    return error_of(graph({-1, 2}, {node("Gemm", {"x", "w", "c"})}, {square, column}));
  };
  CHECK_THAT(about(), ContainsSubstring("expected 2 values in a row for bias, got [2, 1]"));
  column.dims = {1, 1, 2};  // would broadcast the output to three dimensions
  CHECK_THAT(about(), ContainsSubstring("expected 2 values in a row for bias, got [1, 1, 2]"));
  column.dims = {1, 2};
  CHECK(types(from_onnx(graph({-1, 2}, {node("Gemm", {"x", "w", "c"})}, {square, column}))) ==
        Types{"Dense"});
  // ONNX broadcasts a constant along the leading axes: 5 is added to the first time step, 6 to the second.
  const Matrix<> x{{1}, {2}, {3}, {4}};
  const Matrix<> y = predict(from_onnx(graph({-1, 2, 2}, {node("Add", {"x", "a"})}, {pair})),
                             Batch{x, {.channels = 2, .width = 2}});
  CHECK(y == Matrix<>{{6}, {7}, {9}, {10}});
}

}  // namespace onnx_series_parallel_test
