#include "descent/io/onnx/attributes.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "golden.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_attributes_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;
using Types = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t one = 1, zero = 0;

/// The output of the network of a model.
Matrix<> result(const OnnxModel& model, const Matrix<>& x) { return predict(from_onnx(model), x); }

}  // namespace

TEST_CASE("check_attributes: an unknown attribute is refused") {
  CHECK_THAT(
      error_of(graph({-1, 2}, {node("Relu", {"x"}, {{"leak", 0.5}})})),
      ContainsSubstring("node \"n\" (Relu): expected attributes that Relu has in opset 17, got \"leak\""));
  CHECK_THAT(error_of(graph({-1, 2}, {node("Softmax", {"x"}, {{"axis", 1.0}})})),
             ContainsSubstring(
                 "node \"n\" (Softmax): expected the attribute axis to have the type of its definition"));
  // Known attributes, but not in this opset.
  CHECK_THAT(error_of(graph({-1, 2}, {node("Clip", {"x"}, {{"min", 0.0}})}, {}, 11)),
             ContainsSubstring("expected attributes that Clip has in opset 11, got \"min\""));
  CHECK_THAT(error_of(graph({-1, 2}, {node("Dropout", {"x"}, {{"ratio", 0.25}})}, {}, 12)),
             ContainsSubstring("expected attributes that Dropout has in opset 12, got \"ratio\""));
  CHECK(types(from_onnx(graph({-1, 2}, {node("Dropout", {"x"}, {{"ratio", 0.25}})}, {}, 11))) ==
        Types{"Dropout"});
}

TEST_CASE("check_attributes: an operator is read in the opsets that define it") {
  const auto constant = numbers("a", {2}, {1, 2});
  CHECK_THAT(error_of(graph({-1, 2}, {node("Add", {"x", "a"})}, {constant}, 6)),
             ContainsSubstring("node \"n\" (Add): expected Add of opset 7 or later, got opset 6"));
  CHECK_THAT(error_of(graph({-1, 2}, {node("Mish", {"x"})}, {}, 17)),
             ContainsSubstring("expected Mish of opset 18 or later, got opset 17"));
  CHECK_THAT(error_of(graph({-1, 2}, {node("Relu", {"x"})}, {}, 24)),
             ContainsSubstring("expected operators of opset 1 to 23, got opset 24"));
  CHECK(types(from_onnx(graph({-1, 2}, {node("Relu", {"x"})}, {}, 6))) == Types{"ReLU"});
  CHECK(types(from_onnx(graph({-1, 2}, {node("Add", {"x", "a"})}, {constant}, 7))) == Types{"Standardize"});
}

TEST_CASE("read_onnx_attribute: a value of which only the type is in the file is 0") {
  // Protocol Buffers 3 omits a value of 0: name "axis", type 2 (an integer).
  const auto attribute =
      detail::read_onnx_attribute(detail::OnnxMessage{"\x0a\x04"
                                                      "axis"
                                                      "\xa0\x01\x02"});
  REQUIRE(std::holds_alternative<std::int64_t>(attribute.value));
  CHECK(std::get<std::int64_t>(attribute.value) == 0);
  const auto list =
      detail::read_onnx_attribute(detail::OnnxMessage{"\x0a\x04"
                                                      "axes"
                                                      "\xa0\x01\x07"});
  CHECK(std::holds_alternative<Integers>(list.value));
}

TEST_CASE("from_onnx: the limits of Clip are attributes before opset 11 and inputs since") {
  CHECK(types(load_onnx(exported("relu6_op6.onnx"))) == Types{"Dense", "ReLU6"});
  const auto clip = [](double low, double high) {
    return graph({-1, 2}, {node("Clip", {"x", "low", "high"})},
                 {numbers("low", {}, {low}), numbers("high", {}, {high})});
  };
  const Matrix<> x{{-7, 0.5F}, {3, 9}};
  CHECK(types(from_onnx(clip(-1, 1))) == Types{"HardTanh"});
  CHECK(result(clip(0, 1), x).isApprox(Matrix<>{{0, 0.5F}, {1, 1}}));
  CHECK(result(clip(-3, 3), x).isApprox(Matrix<>{{-3, 0.5F}, {3, 3}}));
  CHECK_THAT(error_of(clip(-1, 2)),
             ContainsSubstring("node \"n\" (Clip): expected to clip to [0, a] or [-a, a], got [-1, 2]"));
  CHECK(types(from_onnx(graph({-1, 2}, {node("Clip", {"x"})}))) == Types{"Identity"});
  constexpr double most = std::numeric_limits<float>::max();
  CHECK(types(from_onnx(clip(0, most))) == Types{"ReLU"});
  OnnxModel early = clip(0, 6);
  early.opset = 10;
  CHECK_THAT(error_of(early), ContainsSubstring("expected limits as attributes"));
}

TEST_CASE("from_onnx: a decomposed layer norm has means over the features that keep the axis") {
  const auto decomposed = [](std::vector<OnnxAttribute> attributes, std::int64_t opset) {
    const bool as_input = opset >= 18;
    const auto mean = [&](const char* name, const char* of) {
      std::vector<std::string> inputs{of};
      if (as_input) inputs.push_back("axes");
      return OnnxNode{"ReduceMean", name, inputs, {name}, attributes, {}};
    };
    const auto then = [](const char* op, const char* name, std::vector<std::string> inputs) {
      return OnnxNode{op, name, std::move(inputs), {name}, {}, {}};
    };
    return graph(
        {-1, 2},
        {mean("mu", "x"), then("Sub", "c", {"x", "mu"}), then("Pow", "s", {"c", "two"}), mean("v", "s"),
         then("Add", "e", {"v", "eps"}), then("Sqrt", "r", {"e"}), then("Div", "n", {"c", "r"}),
         then("Mul", "g", {"n", "gamma"}), then("Add", "y", {"g", "beta"})},
        {numbers("two", {}, {2}), numbers("eps", {}, {1e-5}), numbers("gamma", {2}, {1, 2}),
         numbers("beta", {2}, {3, 4}), numbers("axes", {1}, {-1}, OnnxType::int64)},
        opset);
  };
  CHECK(types(from_onnx(decomposed({{"axes", Integers{-1}}}, 17))) == Types{"LayerNorm"});
  CHECK(types(from_onnx(decomposed({{"axes", Integers{-1}}, {"keepdims", one}}, 17))) == Types{"LayerNorm"});
  CHECK(types(from_onnx(decomposed({}, 18))) == Types{"LayerNorm"});
  CHECK_THAT(error_of(decomposed({{"axes", Integers{-1}}, {"keepdims", zero}}, 17)),
             ContainsSubstring("expected keepdims = 1 of node \"mu\" (ReduceMean), got 0"));
  CHECK_THAT(error_of(decomposed({{"axes", Integers{0}}}, 17)),
             ContainsSubstring("expected means over axis 1"));
  CHECK_THAT(error_of(decomposed({}, 17)), ContainsSubstring("expected means over axis 1"));
  CHECK_THAT(error_of(decomposed({{"axes", Integers{-1}}}, 18)),
             ContainsSubstring("expected attributes that ReduceMean has in opset 18, got \"axes\""));
}

TEST_CASE("from_onnx: Softmax is over all values of a sample before opset 13 and over one axis since") {
  const Matrix<> x{{0}, {1}, {2}, {3}};
  const auto softmax = [](std::int64_t opset, std::vector<OnnxAttribute> attributes = {}) {
    return graph({-1, 2, 2}, {node("Softmax", {"x"}, std::move(attributes))}, {}, opset);
  };
  const Matrix<> y = result(softmax(12), x);  // exp(i) / (1 + e + e^2 + e^3)
  golden::require_close(y.cast<double>(),
                        Matrix<double>{{0.03205860}, {0.08714432}, {0.23688282}, {0.64391426}}, 1e-6);
  CHECK_THAT(error_of(softmax(12, {{"axis", std::int64_t{2}}})),
             ContainsSubstring("expected axis = 1, got 2"));
  // Over the last axis of [[0, 1], [2, 3]]: exp(i) / (1 + e).
  const Matrix<> last = predict(from_onnx(softmax(13)), Batch{x, {.channels = 2, .width = 2}});
  golden::require_close(last.cast<double>(),
                        Matrix<double>{{0.26894142}, {0.73105858}, {0.26894142}, {0.73105858}}, 1e-6);
}

TEST_CASE("from_onnx: BatchNormalization in training mode is refused") {
  const std::vector<OnnxTensor> constants{numbers("g", {2}, {1, 1}), numbers("b", {2}, {0, 0}),
                                          numbers("m", {2}, {0, 0}), numbers("v", {2}, {1, 1})};
  OnnxModel model = graph({-1, 2}, {node("BatchNormalization", {"x", "g", "b", "m", "v"})}, constants, 9);
  CHECK(types(from_onnx(model)) == Types{"BatchNorm"});
  model.nodes[0].outputs = {"y", "mean", "variance"};
  CHECK_THAT(error_of(model),
             ContainsSubstring("(BatchNormalization): expected one output, as at inference"));
  model.nodes[0].outputs = {"y"};
  model.nodes[0].attributes = {{"is_test", one}};
  CHECK_THAT(error_of(model), ContainsSubstring("got \"is_test\""));
  model.nodes[0].attributes = {{"training_mode", one}};
  model.opset = 15;
  CHECK_THAT(error_of(model), ContainsSubstring("expected training_mode = 0, got 1"));
}

TEST_CASE("from_onnx: LayerNormalization is read over all axes of a sample") {
  const auto norm = [](std::vector<OnnxAttribute> attributes) {
    return graph({-1, 2, 2}, {node("LayerNormalization", {"x", "g"}, std::move(attributes))},
                 {numbers("g", {2, 2}, {1, 2, 3, 4})});
  };
  // [[-1, -1], [1, 1]] times [[1, 2], [3, 4]] in ONNX; in a Batch the channels, which are the rows, vary fastest.
  const Matrix<> y = result(norm({{"axis", one}, {"epsilon", 0.0}}), Matrix<>{{-1}, {1}, {-1}, {1}});
  CHECK(y.isApprox(Matrix<>{{-1}, {3}, {-2}, {4}}));
  CHECK_THAT(error_of(norm({})), ContainsSubstring("expected axis = 1, got -1"));
  CHECK_THAT(error_of(norm({{"axis", one}, {"stash_type", std::int64_t{16}}})),
             ContainsSubstring("expected stash_type = 1, got 16"));
}

TEST_CASE("from_onnx: activations are read with attributes that their layer does not have") {
  const Matrix<> x{{-1, 2}};
  // Selu: gamma * (x > 0 ? x : alpha * (exp(x) - 1)), alpha = 2, gamma = 3.
  const Matrix<> selu = result(graph({-1, 1}, {node("Selu", {"x"}, {{"alpha", 2.0}, {"gamma", 3.0}})}), x);
  golden::require_close(selu.cast<double>(), Matrix<double>{{6 * (std::exp(-1.0) - 1), 6}}, 1e-6);
  // HardSigmoid: max(0, min(1, alpha * x + beta)), alpha = 0.5, beta = 0.6.
  const Matrix<> hard =
      result(graph({-1, 1}, {node("HardSigmoid", {"x"}, {{"alpha", 0.5}, {"beta", 0.6}})}), x);
  golden::require_close(hard.cast<double>(), Matrix<double>{{0.1, 1}}, 1e-6);
  CHECK(types(from_onnx(graph({-1, 1}, {node("Gelu", {"x"}, {{"approximate", std::string{"tanh"}}})}, {},
                              20))) == Types{"GELU"});
  CHECK_THAT(error_of(graph({-1, 1}, {node("Gelu", {"x"}, {{"approximate", std::string{"x"}}})}, {}, 20)),
             ContainsSubstring("expected approximate = none or tanh, got x"));
}

TEST_CASE("from_onnx: only casts to floating types are read") {
  for (const std::int64_t to : {1, 10, 11})
    CHECK(types(from_onnx(graph({-1, 2}, {node("Cast", {"x"}, {{"to", to}})}))) == Types{"Identity"});
  CHECK_THAT(error_of(graph({-1, 2}, {node("Cast", {"x"}, {{"to", std::int64_t{7}}})})),
             ContainsSubstring("(Cast): expected a cast to float32, float16 or float64, got type 7"));
}

TEST_CASE("from_onnx: a factor whose reciprocal overflows is refused") {
  CHECK_THAT(
      support::message_of<FormatError>([] { load_onnx(exported("tiny_scale.onnx")); }),
      ContainsSubstring(
          "(Mul): expected to multiply or divide by numbers other than 0 whose reciprocals are finite"));
  const Matrix<double> y =
      predict(load_onnx<double>(exported("tiny_scale.onnx")), Matrix<double>{Matrix<double>::Ones(12, 1)});
  CHECK(((y.array() - 1e-39).abs() <= 1e-44).all());  // the factor in the file is rounded to float
  for (const char* op : {"Mul", "Div"})
    for (const double factor :
         {0.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
      CHECK_THAT(error_of(graph({-1, 1}, {node(op, {"x", "a"})}, {numbers("a", {}, {factor})})),
                 ContainsSubstring("expected to multiply or divide by numbers other than 0"));
  CHECK_THAT(
      error_of(graph({-1, 1}, {node("Add", {"x", "a"})}, {numbers("a", {}, {1e300}, OnnxType::float64)})),
      ContainsSubstring("expected to add finite numbers"));
}

}  // namespace onnx_attributes_test
