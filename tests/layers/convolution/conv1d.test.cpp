#include "descent/layers/convolution/conv1d.hpp"

#include "descent/layers/convolution/conv2d.hpp"
#include "golden.hpp"
#include "layers/convolution/kernels.hpp"
#include "support.hpp"

namespace conv1d_test {

using namespace kernels;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Returns a tensor with a height of 1 before its last dimension.
golden::Json with_height(golden::Json tensor) {
  auto& shape = tensor.at("shape");
  shape.insert(shape.end() - 1, 1);
  return tensor;
}

}  // namespace

TEST_CASE("Conv1D: forward and backward equal PyTorch", "[layers][golden]") {
  for (const auto& c : golden::read("small_layers").at("conv1d")) {
    CAPTURE(c.at("id").get<std::string>());
    const golden::Json x = with_height(c.at("x")), y = with_height(c.at("y"));
    const Shape in = golden::image_shape(x), out = golden::image_shape(y);
    const bool has_bias = c.contains("bias");
    Rng rng{1};
    Conv1D<double> layer{in.channels,
                         out.channels,
                         rng,
                         {.kernel = c.at("weight").at("shape").at(2),
                          .stride = c.at("stride"),
                          .padding = {c.at("padding").at(0), c.at("padding").at(1)},
                          .dilation = c.at("dilation"),
                          .groups = c.at("groups"),
                          .bias = has_bias ? Bias::learned : Bias::none}};
    layer.weight = kernel(with_height(c.at("weight")));
    if (has_bias) layer.bias = golden::matrix(c.at("bias"));
    REQUIRE(layer.output_shape(in) == out);

    Conv1D<double> gradient = zeros_like(layer);
    Conv1D<double>::Cache cache;
    const Matrix<double> numbers = golden::images(x), dy = golden::images(with_height(c.at("dy")));
    golden::require_close(layer.forward({numbers, in}, cache, Pass::training({})), golden::images(y),
                          golden::one_step);
    golden::require_close(layer.backward({numbers, in}, {dy, out}, cache, gradient, Pass::training({})),
                          golden::images(with_height(c.at("dx"))), golden::one_step);
    golden::require_close(gradient.weight, kernel(with_height(c.at("dweight"))), golden::one_step);
    if (has_bias) golden::require_close(gradient.bias, golden::matrix(c.at("dbias")), golden::one_step);
  }
}

TEST_CASE("Conv1D: it is a Conv2D with a kernel of height 1", "[layers]") {
  Rng rng{1}, again{1};
  const Conv1D<double> layer{
      4, 6, rng, {.kernel = 3, .stride = 2, .padding = {1, 3}, .dilation = 2, .groups = 2}};
  const Conv2D<double> image{
      4,
      6,
      again,
      {.kernel = {1, 3}, .stride = {1, 2}, .padding = {0, 1, 0, 3}, .dilation = {1, 2}, .groups = 2}};
  const Shape in{4, 1, 9};
  CHECK(layer.output_shape(in) == Shape{6, 1, 5});
  const Matrix<double> x = some_numbers<double>(in.size(), 3, 2), dy = some_numbers<double>(30, 3, 3);
  Conv1D<double>::Cache cache;
  Conv2D<double>::Cache other;
  Conv1D<double> gradient = layer;
  Conv2D<double> expected = image;
  CHECK(layer.forward({x, in}, cache, Pass::training({})) ==
        image.forward({x, in}, other, Pass::training({})));
  CHECK(layer.backward({x, in}, dy, cache, gradient, Pass::training({})) ==
        image.backward({x, in}, dy, other, expected, Pass::training({})));
  CHECK(gradient.weight == expected.weight);
  CHECK(gradient.bias == expected.bias);
}

TEST_CASE("Conv1D: no output of causal padding depends on later inputs", "[layers]") {
  Rng rng{1};
  const Conv1D<> layer{2, 3, rng, {.kernel = 3, .padding = TimePadding::causal(), .dilation = 2}};
  const Shape in{2, 1, 9};
  CHECK(layer.output_shape(in) == Shape{3, 1, 9});
  const Matrix<> x = some_numbers<float>(in.size(), 1, 2);
  Conv1D<>::Cache cache;
  const Matrix<> y = layer.forward({x, in}, cache, Pass::inference());
  for (Index t = 0; t < 9; ++t) {
    Matrix<> changed = x;
    changed.bottomRows(2 * (8 - t)).setOnes();
    CHECK(layer.forward({changed, in}, cache, Pass::inference()).topRows(3 * (t + 1)) ==
          y.topRows(3 * (t + 1)));
  }
}

TEST_CASE("Conv1D: TimePadding::same keeps the length", "[layers]") {
  for (const Index kernel : {1, 2, 3, 4})
    for (const Index dilation : {1, 3}) {
      Rng rng{1};
      const Conv1D<> layer{
          1, 2, rng, {.kernel = kernel, .padding = TimePadding::same(), .dilation = dilation}};
      CHECK(layer.output_shape({1, 1, 11}) == Shape{2, 1, 11});
    }
}

TEST_CASE("Conv1D: files have the dimensions of PyTorch's weight", "[layers]") {
  Rng rng{1};
  const Conv1D<> layer{4, 6, rng, {.kernel = 5, .groups = 2}};
  visit_leaves(layer, [&](const auto& leaf) {
    if (!leaf.name().is("weight")) return;
    REQUIRE(leaf.dimensions.rank() == 3);
    CHECK(leaf.dimensions[0] == 6);
    CHECK(leaf.dimensions[1] == 2);
    CHECK(leaf.dimensions[2] == 5);
    CHECK(leaf.dimensions.stride(2) == 12);  // the channels vary before the kernel
  });
}

TEST_CASE("Conv1D: sizes that do not fit are refused", "[layers]") {
  Rng rng{1};
  const auto construct = [&](const Conv1DOptions& options) {
    return support::message_of<ShapeError>([&] { Conv1D<>{4, 4, rng, options}; });
  };
  CHECK_THAT(construct({.groups = 3}),
             ContainsSubstring("Conv1D: expected groups that divide 4 and 4 channels"));
  CHECK_THAT(construct({.stride = 2, .padding = TimePadding::causal()}),
             ContainsSubstring("Conv1D: expected .stride = 1 with padding by name, got 2; pass"));
  CHECK_THAT(construct({.kernel = Index{1} << 40, .padding = TimePadding::same()}),
             ContainsSubstring("expected .kernel from 1"));
  CHECK_THAT(construct({.padding = {0, -1}}), ContainsSubstring("expected .padding from 0"));
  const Conv1D<> layer{4, 2, rng};
  CHECK_THAT(support::message_of<ShapeError>([&] {
               layer.output_shape({4, 2, 9});
             }),
             ContainsSubstring("Conv1D: expected a sequence, got an image of 2 x 9; use Conv2D for images"));
  CHECK_THAT(support::message_of<ShapeError>([&] {
               layer.output_shape({3, 1, 9});
             }),
             ContainsSubstring("Conv1D: expected 4 features, got 3 channels"));
  CHECK_THAT(support::message_of<ShapeError>([&] {
               layer.output_shape({4, 1, 2});
             }),
             ContainsSubstring("Conv1D: expected a kernel that fits"));
}

}  // namespace conv1d_test
