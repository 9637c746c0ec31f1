#include "descent/layers/convolution/conv2d.hpp"

#include <limits>
#include <vector>

#include "descent/io/row_major.hpp"
#include "golden.hpp"
#include "layers/convolution/kernels.hpp"
#include "support.hpp"

namespace conv2d_test {

using namespace descent;
using namespace kernels;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Calls f(sample, output, its channel, input, number of the weight) for each product of a convolution by its definition,
/// in seven loops.
void for_each_product(const Shape& in, const Shape& out, Index samples, const Conv2DOptions& o, auto&& f) {
  const Index count = in.channels / o.groups, outputs = out.channels / o.groups;
  for (Index s = 0; s < samples; ++s)
    for (Index i = 0; i < out.height; ++i)
      for (Index j = 0; j < out.width; ++j)
        for (Index to = 0; to < out.channels; ++to)
          for (Index u = 0; u < o.kernel.height; ++u)
            for (Index v = 0; v < o.kernel.width; ++v) {
              const Index row = i * o.stride.height + u * o.dilation.height - o.padding.top,
                          column = j * o.stride.width + v * o.dilation.width - o.padding.left;
              if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
              for (Index c = 0; c < count; ++c)
                f(s, (i * out.width + j) * out.channels + to, to,
                  (row * in.width + column) * in.channels + to / outputs * count + c,
                  (u * o.kernel.width + v) * count + c);
            }
}

/// The output by its definition.
template <class T>
Matrix<double> by_definition(const Conv2D<T>& layer, const Matrix<T>& x, const Shape& in,
                             const Conv2DOptions& o) {
  const Shape out = layer.output_shape(in);
  Matrix<double> y = Matrix<double>::Zero(out.size(), x.cols());
  if (layer.has_bias()) y = layer.bias.template cast<double>().replicate(out.positions(), x.cols());
  for_each_product(in, out, x.cols(), o, [&](Index s, Index to, Index channel, Index from, Index k) {
    y(to, s) += static_cast<double>(layer.weight(channel, k)) * static_cast<double>(x(from, s));
  });
  return y;
}

}  // namespace

TEST_CASE("Conv2D: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("convolution");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    const Shape in = golden::image_shape(c.at("x")), out = golden::image_shape(c.at("y"));
    const bool has_bias = c.contains("bias");
    Rng rng{1};
    Conv2D<double> layer{in.channels,
                         out.channels,
                         rng,
                         {.kernel = extent(c.at("kernel")),
                          .stride = extent(c.at("stride")),
                          .padding = padding(c.at("padding")),
                          .dilation = extent(c.at("dilation")),
                          .groups = c.at("groups"),
                          .bias = has_bias ? Bias::learned : Bias::none}};
    REQUIRE(layer.weight.cols() == kernel(c.at("weight")).cols());
    layer.weight = kernel(c.at("weight"));
    if (has_bias) layer.bias = golden::matrix(c.at("bias"));
    CHECK(layer.output_shape(in) == out);

    Conv2D<double> gradient = zeros_like(layer);
    Conv2D<double>::Cache cache;
    const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
    golden::require_close(layer.forward({x, in}, cache, Pass::training({})), golden::images(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})),
                          golden::images(c.at("dx")), golden::one_step);
    golden::require_close(gradient.weight, kernel(c.at("dweight")), golden::one_step);
    if (has_bias) golden::require_close(gradient.bias, golden::matrix(c.at("dbias")), golden::one_step);
  }
}

TEST_CASE("Conv2D: files have the numbers of the weight in PyTorch's order", "[layers][golden]") {
  const auto file = golden::read("convolution");
  const auto& weight = file.at("cases").at(0).at("weight");
  Rng rng{1};
  Conv2D<double> layer{3, 4, rng, {.kernel = 3}};
  layer.weight = kernel(weight);
  std::vector<double> numbers;
  visit_leaves(layer, [&](const auto& leaf) {
    if (!leaf.name().is("weight")) return;
    CHECK(leaf.dimensions.rank() == 4);
    for (std::size_t k = 0; k < 4; ++k)
      CHECK(leaf.dimensions[k] == weight.at("shape").at(k).template get<Index>());
    detail::to_row_major(leaf, [&](auto part) { numbers.insert(numbers.end(), part.begin(), part.end()); });
  });
  CHECK(numbers == weight.at("data").get<std::vector<double>>());
}

TEST_CASE("Conv2D: any number of channels gives the sums of the definition", "[layers]") {
  for (const Index in : {1, 3, 16, 17})
    for (const Index out : {1, 6, 16, 33})
      for (const Index stride : {1, 2}) {
        CAPTURE(in, out, stride);
        const Shape shape{in, 5, 15};
        const Conv2DOptions options{.kernel = {3, 2}, .stride = {stride, 1}, .padding = {1, 0, 0, 1}};
        Rng rng{1};
        const Conv2D<float> layer{in, out, rng, options};
        const Matrix<float> x = some_numbers<float>(shape.size(), 2, 2);
        Conv2D<float>::Cache cache;
        const Matrix<float> y = layer.forward({x, shape}, cache, Pass::inference());
        // Sums of up to 102 products in single precision.
        CHECK((y.cast<double>() - by_definition(layer, x, shape, options)).cwiseAbs().maxCoeff() < 1e-5);
      }
}

TEST_CASE("Conv2D: outputs and gradients are the sums of the definition, for all options", "[layers]") {
  struct Case {
    Index in, out, height, width, samples;
    Conv2DOptions options;
  };
  std::vector<Case> cases;
  for (const Index in : {1, 3, 6, 16, 17, 33})
    for (const Index stride : {1, 2, 3})
      cases.push_back(
          {in, 6, 7, 5, 1 + in % 2, {.kernel = {3, 2}, .stride = stride, .padding = {1, 0, 2, 1}}});
  for (const Index out : {1, 16, 17, 33})
    for (const Index stride : {1, 2})
      cases.push_back({3, out, 5, 8, 2, {.kernel = {2, 3}, .stride = {stride, 1}, .dilation = {1, 2}}});
  for (const Index groups : {2, 3, 6})
    for (const Index stride : {1, 3})
      cases.push_back({6,
                       12,
                       6,
                       9,
                       1,
                       {.kernel = 3, .stride = {1, stride}, .padding = 2, .dilation = 2, .groups = groups}});
  for (const Index stride : {1, 2, 3})
    cases.push_back({17, 17, 5, 6, 2, {.kernel = 3, .stride = stride, .padding = 1, .groups = 17}});
  cases.push_back({3, 4, 2, 1, 1, {.kernel = {5, 4}, .padding = {2, 2, 1, 2}}});  // larger than the image
  cases.push_back({5, 5, 2, 1, 2, {.kernel = {4, 3}, .padding = {2, 3, 3, 1}, .groups = 5}});
  cases.push_back({5, 5, 1, 7, 1, {.stride = 2, .padding = {4, 3, 5, 2}, .dilation = {3, 1}, .groups = 5}});
  for (const Case& c : cases) {
    CAPTURE(c.in, c.out, c.options.stride.height, c.options.stride.width, c.options.groups);
    const Shape in{c.in, c.height, c.width};
    Rng rng{1};
    Conv2D<double> layer{c.in, c.out, rng, c.options};
    layer.bias = some_numbers<double>(c.out, 1, 3);
    const Shape out = layer.output_shape(in);
    const Matrix<double> x = some_numbers<double>(in.size(), c.samples, 2),
                         dy = some_numbers<double>(out.size(), c.samples, 4);
    Matrix<double> dx = Matrix<double>::Zero(x.rows(), x.cols()),
                   dw = Matrix<double>::Zero(layer.weight.rows(), layer.weight.cols());
    for_each_product(in, out, c.samples, c.options,
                     [&](Index s, Index to, Index channel, Index from, Index k) {
                       dx(from, s) += layer.weight(channel, k) * dy(to, s);
                       dw(channel, k) += x(from, s) * dy(to, s);
                     });
    Conv2D<double>::Cache cache;
    Conv2D<double> gradient = zeros_like(layer);
    golden::require_close(layer.forward({x, in}, cache, Pass::training({})),
                          by_definition(layer, x, in, c.options), 1e-13, 10);
    golden::require_close(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})), dx, 1e-13,
                          10);
    golden::require_close(gradient.weight, dw, 1e-13, 10);
    golden::require_close(gradient.bias, dy.reshaped(c.out, out.positions() * c.samples).rowwise().sum(),
                          1e-13, 10);
  }
}

TEST_CASE("Conv2D: weights too large for the cache give the sums of the definition", "[layers]") {
  const Shape shape{64, 4, 3};
  const Conv2DOptions options{.kernel = 3, .padding = 1};
  Rng rng{1};
  const Conv2D<double> layer{64, 64, rng, options};
  const Matrix<double> x = some_numbers<double>(shape.size(), 1, 2);
  Conv2D<double>::Cache cache;
  golden::require_close(layer.forward({x, shape}, cache, Pass::inference()),
                        by_definition(layer, x, shape, options), 1e-12, 1);
}

TEST_CASE("Conv2D: depthwise kernels give the sums of the definition", "[layers]") {
  for (Index channels = 1; channels <= 40; channels += channels < 10 ? 1 : 5)
    for (const Extent kernel : {Extent{3}, Extent{1, 3}, Extent{4, 2}})
      for (const Index stride : {1, 2, 3}) {
        CAPTURE(channels, kernel.height, kernel.width, stride);
        const Shape shape{channels, 5, 15};
        const Conv2DOptions options{.kernel = kernel,
                                    .stride = {1, stride},
                                    .padding = {1, 0, 2, 1},
                                    .dilation = {stride == 3 ? 2 : 1, 1},
                                    .groups = channels};
        Rng rng{1};
        Conv2D<float> layer{channels, channels, rng, options};
        layer.bias = some_numbers<float>(channels, 1, 3);
        const Matrix<float> x = some_numbers<float>(shape.size(), 2, 2);
        Conv2D<float>::Cache cache;
        const Matrix<float> y = layer.forward({x, shape}, cache, Pass::inference());
        CHECK((y.cast<double>() - by_definition(layer, x, shape, options)).cwiseAbs().maxCoeff() < 1e-5);
      }
}

TEST_CASE("Conv2D: the gradient of a depthwise kernel over a large image keeps its digits", "[layers]") {
  // 160 000 products for each number of the kernel: a running sum in single precision would lose about 4 digits.
  const Shape shape{4, 200, 200};
  const Conv2DOptions options{.padding = 1, .groups = 4};
  Rng rng{1}, again{1};
  const Conv2D<float> layer{4, 4, rng, options};
  const Conv2D<double> precise{4, 4, again, options};
  const Matrix<float> x = some_numbers<float>(shape.size(), 4, 2).array() + 1,
                      dy = some_numbers<float>(shape.size(), 4, 3).array() + 1;
  const Matrix<double> x2 = x.cast<double>(), dy2 = dy.cast<double>();
  Conv2D<float>::Cache cache;
  Conv2D<double>::Cache cache2;
  Conv2D<float> gradient = layer;
  Conv2D<double> expected = precise;
  layer.forward({x, shape}, cache, Pass::training({}));
  precise.forward({x2, shape}, cache2, Pass::training({}));
  layer.backward_parameters({x, shape}, {dy, shape}, cache, gradient, Pass::training({}));
  precise.backward_parameters({x2, shape}, {dy2, shape}, cache2, expected, Pass::training({}));
  CHECK(gradient.weight.cast<double>().isApprox(expected.weight, 2e-6));
}

TEST_CASE("Conv2D: padding is the same as zeros in the image, to the bit", "[layers]") {
  const Shape in{2, 4, 5}, padded{2, 7, 8};
  Rng rng{1};
  const Conv2D<> layer{2, 3, rng, {.kernel = 3, .padding = {1, 2, 2, 1}}};
  Rng again{1};
  const Conv2D<> without{2, 3, again, {.kernel = 3}};
  const Matrix<> x = some_numbers<float>(in.size(), 3, 2);
  Matrix<> image = Matrix<>::Zero(padded.size(), 3);
  for (Index s = 0; s < 3; ++s)
    for (Index i = 0; i < in.height; ++i)
      image.col(s).segment(((i + 1) * padded.width + 2) * 2, in.width * 2) =
          x.col(s).segment(i * in.width * 2, in.width * 2);
  Conv2D<>::Cache cache, other;
  CHECK(layer.forward({x, in}, cache, Pass::inference()) ==
        without.forward({image, padded}, other, Pass::inference()));
}

TEST_CASE("Conv2D: an input that is not finite stays in its sample", "[layers]") {
  const Shape shape{3, 4, 4};
  Rng rng{1};
  const Conv2D<> layer{3, 5, rng, {.padding = 1}};
  Conv2D<> gradient = layer;
  Conv2D<>::Cache cache;
  Matrix<> x = some_numbers<float>(shape.size(), 3, 2), dy = some_numbers<float>(5 * 16, 3, 3);
  x.col(1).setConstant(std::numeric_limits<float>::quiet_NaN());
  dy.col(1).setConstant(std::numeric_limits<float>::quiet_NaN());
  const Matrix<> y = layer.forward({x, shape}, cache, Pass::training({}));
  const Matrix<> dx = layer.backward({x, shape}, dy, cache, gradient, Pass::training({}));
  for (const Index sample : {0, 2}) {
    CHECK(y.col(sample).allFinite());
    CHECK(dx.col(sample).allFinite());
  }
}

TEST_CASE("Conv2D: an empty batch of huge images takes no memory", "[layers]") {
  Rng rng{1};
  const Conv2D<> layer{1, 2, rng, {.padding = 1}};
  Conv2D<>::Cache cache;
  const Shape huge{1, 1 << 20, 1 << 20};
  CHECK(layer.forward({nullptr, huge, 0}, cache, Pass::inference()).shape() == Shape{2, 1 << 20, 1 << 20});
  CHECK(cache.plan.rows.empty());
}

TEST_CASE("Conv2D: Padding::same keeps the size of the image", "[layers]") {
  for (const Index side : {1, 2, 3, 4, 5})
    for (const Index dilation : {1, 2}) {
      Rng rng{1};
      const Conv2D<> layer{
          1, 2, rng, {.kernel = {side, 3}, .padding = Padding::same(), .dilation = dilation}};
      CHECK(layer.output_shape({1, 6, 7}) == Shape{2, 6, 7});
    }
}

TEST_CASE("Conv2D: a sequence is an image of height 1", "[layers]") {
  Rng rng{1};
  const Conv2D<> layer{4, 2, rng, {.kernel = {1, 3}, .padding = {0, 2, 0, 0}}};
  CHECK(layer.output_shape({4, 1, 9}) == Shape{2, 1, 9});
}

TEST_CASE("Conv2D: sizes that do not fit are refused", "[layers]") {
  Rng rng{1};
  const auto construct = [&](Index in, Index out, const Conv2DOptions& options) {
    return support::message_of<ShapeError>([&] { Conv2D<>{in, out, rng, options}; });
  };
  CHECK_THAT(construct(0, 4, {}), ContainsSubstring("expected positive sizes, got in = 0 and out = 4"));
  CHECK_THAT(construct(6, 4, {.groups = 3}),
             ContainsSubstring("Conv2D: expected groups that divide 6 and 4 channels, got 3; choose a"));
  CHECK_THAT(construct(6, 4, {.groups = 0}), ContainsSubstring("expected groups that divide"));
  CHECK_THAT(construct(1, 1, {.kernel = {3, 0}}),
             ContainsSubstring("expected .kernel from 1 to 1048576, got 3 x 0"));
  CHECK_THAT(construct(1, 1, {.stride = 0}), ContainsSubstring("expected .stride from 1"));
  CHECK_THAT(construct(1, 1, {.dilation = {1, -1}}), ContainsSubstring("expected .dilation from 1"));
  CHECK_THAT(construct(1, 1, {.padding = {0, 0, -1, 0}}), ContainsSubstring("expected .padding from 0"));
  CHECK_THAT(construct(1, 1, {.stride = 2, .padding = Padding::same()}),
             ContainsSubstring("expected .stride = 1 with Padding::same(), got 2 x 2"));

  const Conv2D<> layer{3, 4, rng, {.kernel = 5, .padding = 1}};
  const auto apply_to = [&](const Conv2D<>& to, const Shape& in) {
    return support::message_of<ShapeError>([&] { to.output_shape(in); });
  };
  CHECK_THAT(apply_to(layer, {3, std::numeric_limits<Index>::max(), 1}),
             ContainsSubstring("expected an image of positive sizes that fits into memory"));
  CHECK_THAT(apply_to(layer, {4, 8, 8}), ContainsSubstring("expected 3 features, got 4 channels x 8 x 8"));
  CHECK_THAT(apply_to(layer, {3, 8, 2}),
             ContainsSubstring(
                 "expected a kernel that fits into the padded image of 10 x 4, got 5 x 5; choose a smaller"));
  CHECK_THAT(apply_to(Conv2D<>{1, 1, rng, {.stride = 1 << 20, .padding = 1 << 20}}, {1, 1, 1}),
             ContainsSubstring("expected padding in proportion to the image"));
}

}  // namespace conv2d_test
