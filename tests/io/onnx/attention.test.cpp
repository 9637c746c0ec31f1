#include "descent/io/onnx/attention.hpp"

#include <sstream>
#include <string>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
#include "descent/models/encoder_block.hpp"
#include "golden.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_attention_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;

namespace {

Matrix<> some(Index rows, Index cols) {
  Rng rng{2};
  Matrix<> x(rows, cols);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.normal());
  return x;
}

/// The types of the layers of a network, those of a composition after it.
std::string types_of(const LayerDescription& layer) {
  std::string all = layer.type;
  for (const auto& part : layer.layers) all += ' ' + types_of(part.layer);
  return all;
}

template <class M>
DynamicSequential<> through_onnx(const M& net, const Shape& shape) {
  std::stringstream file;
  save_onnx(file, net, {.shape = shape});
  return load_onnx(file);
}

}  // namespace

TEST_CASE("save_onnx: load_onnx reads attention with all its options", "[onnx]") {
  for (const Shape shape : {Shape{8, 1, 5}, Shape{8, 2, 3}, Shape{8}})
    for (const Rotary rotary : {Rotary::none, Rotary::neighbors, Rotary::halves})
      for (const bool causal : {false, true})
        for (const Bias bias : {Bias::learned, Bias::none}) {
          CAPTURE(shape.height, shape.width, rotary, causal, bias);
          Rng rng{1};
          MultiHeadAttention<> layer{
              8, rng, {.heads = 2, .causal = causal, .bias = bias, .rotary = rotary, .rotary_base = 500}};
          if (bias == Bias::learned) layer.in_proj.bias = some(24, 1), layer.out_proj.bias = some(8, 1);
          const DynamicSequential<> net{layer};
          const DynamicSequential<> loaded = through_onnx(net, shape);
          const Matrix<> numbers = some(shape.size(), 3);
          const Batch<> x{numbers, shape};
          CHECK((predict(loaded, x) - predict(net, x)).norm() < 1e-5F);
          bool found = false;
          loaded.visit_layers([&](const std::string&, const AnyLayer<>& each) {
            const auto* attention = each.get_if<MultiHeadAttention<>>();
            if (attention == nullptr) return;
            found = true;
            CHECK(attention->options().heads == 2);
            CHECK(attention->options().causal == causal);
            // In a single step nothing is rotated, and the base is not known.
            if (shape.positions() > 1) CHECK(attention->options().rotary == rotary);
            if (shape.positions() > 1 && rotary != Rotary::none)
              CHECK(attention->options().rotary_base == 500);
          });
          CHECK(found);
        }
}

TEST_CASE("save_onnx: load_onnx reads an encoder with positions and normalization", "[onnx]") {
  Rng rng{1};
  DynamicSequential<> net{Dense{3, 6, rng}, PositionEmbedding{5, 6, rng}, PositionalEncoding{}};
  net.add(encoder_block(6, rng, {.heads = 3, .causal = true, .keep = 0.9}));
  net.add(encoder_block(6, rng, {.heads = 2, .norm_first = false}));
  net.add(RMSNorm{6, {.epsilon = 1e-3}}).add(Dense{6, 2, rng});
  const Shape shape{3, 1, 5};
  const Matrix<> numbers = some(shape.size(), 4);
  const Batch<> x{numbers, shape};
  const DynamicSequential<> loaded = through_onnx(net, shape);
  CHECK((predict(loaded, x) - predict(net, x)).norm() < 1e-4F);
  const std::string types = types_of(describe(loaded));
  CHECK_THAT(types, ContainsSubstring("Residual DynamicSequential LayerNorm MultiHeadAttention"));
  CHECK_THAT(types, ContainsSubstring("RMSNorm"));
}

TEST_CASE("load_onnx: transformer encoders of PyTorch compute its outputs", "[onnx][golden]") {
  const auto file = golden::read("onnx_attention");
  for (const auto& c : file.at("cases")) {
    const std::string name = c.at("file");
    CAPTURE(name);
    const DynamicSequential<> net =
        load_onnx(std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "onnx" / (name + ".onnx"));
    const Matrix<> x = golden::batch(c.at("x")).cast<float>(), y = golden::batch(c.at("y")).cast<float>();
    CHECK((predict(net, Batch{x, Shape{6, 1, 4}}) - y).cwiseAbs().maxCoeff() < 1e-5F);
    CHECK_THAT(types_of(describe(net)), ContainsSubstring("MultiHeadAttention"));
  }
}

TEST_CASE("load_onnx: RMSNormalization and SimplifiedLayerNormalization are RMSNorm", "[onnx]") {
  for (const char* op : {"RMSNormalization", "SimplifiedLayerNormalization"}) {
    OnnxModel model = graph({-1, 3}, {{op, "n", {"x", "g"}, {"y"}, {{"epsilon", 0.5}}, {}}},
                            {numbers("g", {3}, {1, 2, 3})});
    model.opset = 23;
    // The mean of 1, 4 and 1 is 2; 2.5 is the sum with epsilon.
    const Matrix<> x{{1}, {-2}, {1}};
    const float root = std::sqrt(2.5F);
    CHECK(predict(from_onnx(model), x).isApprox(Matrix<>{{1 / root}, {-4 / root}, {3 / root}}, 1e-6F));
  }
}

TEST_CASE("load_onnx: a mask of attention that is not causal or of another shape is refused", "[onnx]") {
  Rng rng{1};
  const DynamicSequential<> net{MultiHeadAttention<>{4, rng, {.heads = 2, .causal = true}}};
  const auto refuses = [&](auto&& change) {
    OnnxModel model = to_onnx(net, {.shape = Shape{4, 1, 3}});
    for (OnnxTensor& tensor : model.initializers)
      if (tensor.name.ends_with("mask")) change(tensor);
    CHECK_THAT(error_of(model), ContainsSubstring("expected a causal mask, got others"));
  };
  refuses([](OnnxTensor& mask) { mask.values[3] = -1e30; });  // row 1, column 0
  refuses([](OnnxTensor& mask) { mask.dims = {9}; });
  refuses([](OnnxTensor& mask) {
    mask.dims = {2, 2};
    mask.values = {0, -1e30, 0, 0};
  });
}

}  // namespace onnx_attention_test
