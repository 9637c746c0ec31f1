#include "descent/io/onnx/images.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
#include "io/onnx/graphs.hpp"

namespace onnx_images_test {

using namespace descent;
using namespace onnx_graphs;
using Catch::Matchers::ContainsSubstring;
using Types = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

namespace {

/// A graph of one node on images [batch, 1, height, width], whose kernel, if it has one, is 2 x 2.
OnnxModel on_image(const char* op, Index height, Index width, std::vector<OnnxAttribute> attributes,
                   bool has_kernel = false) {
  OnnxNode only = has_kernel ? node(op, {"x", "k"}) : node(op, {"x"});
  only.attributes = std::move(attributes);
  std::vector<OnnxTensor> constants;
  if (has_kernel) constants.push_back(numbers("k", {1, 1, 2, 2}, {1, 10, 100, 1000}));
  return graph({-1, 1, height, width}, {only}, constants);
}

const Shape square{1, 2, 2};
const Matrix<> one_to_four{{1}, {2}, {3}, {4}};

}  // namespace

TEST_CASE("OnnxImages: the modes of auto_pad choose the side of the padding") {
  const auto result = [&](const char* mode) {
    const auto net = from_onnx(on_image("Conv", 2, 2, {{"auto_pad", std::string{mode}}}, true));
    return predict(net, Batch{one_to_four, square});
  };
  CHECK(result("VALID") == Matrix<>{{4321}});
  // The image is 1 2 above 3 4, padded by zeros at the bottom and right, or at the top and left.
  CHECK(result("SAME_UPPER") == Matrix<>{{4321}, {402}, {43}, {4}});
  CHECK(result("SAME_LOWER") == Matrix<>{{1000}, {2100}, {3010}, {4321}});
}

TEST_CASE("OnnxImages: ceil_mode enlarges the padding, which an average does not count") {
  const Matrix<> row{{1}, {2}, {6}};
  const std::vector<OnnxAttribute> pool{
      {"kernel_shape", Integers{1, 2}}, {"strides", Integers{1, 2}}, {"ceil_mode", std::int64_t{1}}};
  const auto result = [&](const char* op) {
    return predict(from_onnx(on_image(op, 1, 3, pool)), Batch{row, Shape{1, 1, 3}});
  };
  CHECK(result("MaxPool") == Matrix<>{{2}, {6}});
  CHECK(result("AveragePool") == Matrix<>{{1.5}, {6}});
  std::vector<OnnxAttribute> counting = pool;
  counting.push_back({"count_include_pad", std::int64_t{1}});
  CHECK_THAT(error_of(on_image("AveragePool", 1, 3, counting)),
             ContainsSubstring("expected ceil_mode = 0 with count_include_pad = 1"));
}

TEST_CASE("OnnxImages: attributes that do not fit are refused") {
  const auto conv = [](std::vector<OnnxAttribute> attributes) {
    return error_of(on_image("Conv", 4, 4, std::move(attributes), true));
  };
  CHECK_THAT(conv({{"pads", Integers{1, 1}}}),
             ContainsSubstring("node \"n\" (Conv): expected 4 pads, got 2; make the attributes fit"));
  CHECK_THAT(conv({{"strides", Integers{2}}}), ContainsSubstring("expected 2 sizes of the window, got 1"));
  CHECK_THAT(conv({{"kernel_shape", Integers{3, 3}}}), ContainsSubstring("expected kernel_shape to be that"));
  CHECK_THAT(conv({{"group", std::int64_t{2}}}),
             ContainsSubstring("expected a kernel for 1 channels, got one for 1 in 2 groups"));
  CHECK_THAT(conv({{"group", std::int64_t{0}}}), ContainsSubstring("in 0 groups"));
  CHECK_THAT(conv({{"auto_pad", std::string{"UP"}}}), ContainsSubstring("expected auto_pad = NOTSET"));
  CHECK_THAT(error_of(on_image("Conv", 1, 4, {}, true)), ContainsSubstring("expected a kernel that fits"));
  CHECK_THAT(
      error_of(on_image("MaxPool", 4, 4, {{"kernel_shape", Integers{2, 2}}, {"dilations", Integers{2, 2}}})),
      ContainsSubstring("expected dilations of 1, got others"));
  CHECK_THAT(error_of(on_image("MaxPool", 4, 4, {})), ContainsSubstring("expected 2 sizes of the window"));
  CHECK_THAT(error_of(graph({-1, 3}, {node("GlobalAveragePool", {"x"})}, {})),
             ContainsSubstring("expected images or sequences, got 2 dimensions"));
  CHECK_THAT(
      error_of(graph({-1, 1, 2, 2, 2}, {node("MaxPool", {"x"}, {{"kernel_shape", Integers{2, 2, 2}}})}, {})),
      ContainsSubstring("expected images or sequences, got 5 dimensions"));
}

TEST_CASE("save_onnx: load_onnx restores a network of images") {
  Rng rng{1};
  const Shape image{2, 9, 8};
  const DynamicSequential net{
      Conv2D{2, 4, rng, {.kernel = {3, 2}, .padding = {1, 0, 2, 1}, .groups = 2}},
      BatchNorm{4},
      ReLU{},
      MaxPool2D{{.kernel = 2}},
      Conv2D{4, 3, rng, {.kernel = 2, .stride = {1, 2}, .dilation = {2, 1}, .bias = Bias::none}},
      AveragePool2D{{.kernel = 2, .padding = {1, 0, 0, 1}}},
      Flatten{},
      Dense{6, 3, rng}};
  const DynamicSequential loaded = from_onnx(to_onnx(net, {.shape = image, .fold_batch_norm = false}));
  CHECK(types(loaded) ==
        Types{"Conv2D", "BatchNorm", "ReLU", "MaxPool2D", "Conv2D", "AveragePool2D", "Flatten", "Dense"});
  const Matrix<> x = Matrix<>::Random(image.size(), 5);
  CHECK(predict(loaded, Batch{x, image}) == predict(net, Batch{x, image}));
  CHECK(predict(from_onnx(to_onnx(net, {.shape = image})), Batch{x, image})
            .isApprox(predict(net, Batch{x, image}), 1e-5F));
}

TEST_CASE("save_onnx: load_onnx restores a network of sequences") {
  Rng rng{1};
  const Shape sequence{3, 1, 12};
  const DynamicSequential net{Conv2D{3, 4, rng, {.kernel = {1, 3}}}, MaxPool2D{{.kernel = {1, 2}}},
                              Conv2D{4, 4, rng, {.kernel = {1, 2}}}, GlobalAveragePool{}, Dense{4, 2, rng}};
  const Matrix<> x = Matrix<>::Random(sequence.size(), 5);
  CHECK(predict(from_onnx(to_onnx(net, {.shape = sequence})), Batch{x, sequence}) ==
        predict(net, Batch{x, sequence}));
}

}  // namespace onnx_images_test
