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

TEST_CASE("save_onnx: load_onnx restores layers that enlarge images and normalize samples") {
  Rng rng{1};
  const Shape image{4, 3, 5};
  const DynamicSequential net{
      ConvTranspose2D{4, 6, rng, {.kernel = 3, .stride = 2, .padding = 1, .output_padding = 1, .groups = 2}},
      GroupNorm{3, 6, {.epsilon = 1e-3}},
      Upsample{{.factor = {2, 1}}},
      InstanceNorm{6},
      Upsample{{.factor = {1, 2}, .interpolation = Interpolation::bilinear}},
      ZeroPad2D{{1, 0, 2, 3}},
      Conv2D{6, 2, rng, {.kernel = 3}}};
  const DynamicSequential loaded = from_onnx(to_onnx(net, {.shape = image}));
  CHECK(types(loaded) ==
        Types{"ConvTranspose2D", "GroupNorm", "Upsample", "InstanceNorm", "Upsample", "ZeroPad2D", "Conv2D"});
  const Matrix<> x = Matrix<>::Random(image.size(), 3);
  CHECK(predict(loaded, Batch{x, image}) == predict(net, Batch{x, image}));
}

TEST_CASE("save_onnx: load_onnx restores a Conv1D and a GroupNorm of sequences") {
  Rng rng{1};
  const Shape sequence{4, 1, 9};
  const DynamicSequential net{
      Conv1D{4, 6, rng, {.kernel = 3, .padding = TimePadding::causal(), .dilation = 2, .groups = 2}},
      GroupNorm{2, 6}, Conv1D{6, 3, rng, {.kernel = 2, .stride = 2}}};
  const DynamicSequential loaded = from_onnx(to_onnx(net, {.shape = sequence}));
  CHECK(types(loaded) == Types{"Conv1D", "GroupNorm", "Conv1D"});
  const Matrix<> x = Matrix<>::Random(sequence.size(), 3);
  CHECK(predict(loaded, Batch{x, sequence}) == predict(net, Batch{x, sequence}));
}

TEST_CASE("OnnxImages: transposed convolutions, sizes and paddings that do not fit are refused") {
  const auto transposed = [](std::vector<OnnxAttribute> attributes) {
    return error_of(on_image("ConvTranspose", 2, 2, std::move(attributes), true));
  };
  CHECK_THAT(transposed({{"output_padding", Integers{1, 1}}}),
             ContainsSubstring("expected .output_padding from 0 to below the stride"));
  CHECK_THAT(transposed({{"group", std::int64_t{2}}}),
             ContainsSubstring("expected groups that divide 1 channels, got 2"));
  CHECK_THAT(transposed({{"auto_pad", std::string{"UP"}}}), ContainsSubstring("expected auto_pad = NOTSET"));
  CHECK_THAT(transposed({{"kernel_shape", Integers{3, 3}}}),
             ContainsSubstring("expected kernel_shape to be that"));

  const auto resized = [](std::vector<double> scales, std::vector<OnnxAttribute> attributes) {
    OnnxNode only = node("Resize", {"x", "", "scales"});
    only.attributes = std::move(attributes);
    return error_of(graph({-1, 1, 2, 2}, {only}, {numbers("scales", {4}, std::move(scales))}));
  };
  CHECK_THAT(resized({1, 1, 1.5, 2}, {}),
             ContainsSubstring("expected height and width enlarged by whole factors"));
  CHECK_THAT(resized({1, 2, 2, 2}, {}),
             ContainsSubstring("expected height and width enlarged by whole factors"));
  CHECK_THAT(
      resized({1, 1, 2, 2}, {{"mode", std::string{"cubic"}}}),
      ContainsSubstring("expected nearest or linear interpolation that keeps the image in place, got cubic"));
  CHECK_THAT(resized({1, 1, 2, 2}, {{"coordinate_transformation_mode", std::string{"align_corners"}},
                                    {"mode", std::string{"linear"}}}),
             ContainsSubstring("got linear by align_corners"));

  const auto padded = [](std::vector<double> pads, std::vector<OnnxAttribute> attributes) {
    OnnxNode only = node("Pad", {"x", "pads"});
    only.attributes = std::move(attributes);
    return error_of(graph({-1, 1, 2, 2}, {only}, {numbers("pads", {8}, std::move(pads))}));
  };
  CHECK_THAT(padded({0, 0, 1, 1, 0, 0, 1, 1}, {{"mode", std::string{"reflect"}}}),
             ContainsSubstring("expected zeros around all axes"));
  CHECK_THAT(padded({0, 1, 1, 1, 0, 0, 1, 1}, {}), ContainsSubstring("none for batch and channels"));
  CHECK_THAT(padded({0, 0, -1, 1, 0, 0, 1, 1}, {}), ContainsSubstring("expected 8 pads of 0 or more"));
}

TEST_CASE("OnnxNormalization: GroupNormalization has a number for each group before opset 21") {
  OnnxNode only = node("GroupNormalization", {"x", "gamma", "beta"});
  only.attributes = {{"num_groups", std::int64_t{2}}};
  const Shape image{4, 1, 2};
  const Matrix<> x = Matrix<>::Random(image.size(), 3);
  OnnxModel model =
      graph({-1, 4, 1, 2}, {only}, {numbers("gamma", {2}, {2, 3}), numbers("beta", {2}, {4, 5})});
  model.opset = 18;
  GroupNorm expected{2, 4};
  expected.gamma << 2, 2, 3, 3;
  expected.beta << 4, 4, 5, 5;
  CHECK(predict(from_onnx(model), Batch{x, image}) == predict(expected, Batch{x, image}));
  model.opset = 21;
  CHECK_THAT(error_of(model), ContainsSubstring("expected 4 values in a row for gamma, got 2"));
}

}  // namespace onnx_images_test
