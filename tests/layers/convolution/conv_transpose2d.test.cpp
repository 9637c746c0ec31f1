#include "descent/layers/convolution/conv_transpose2d.hpp"

#include <limits>

#include "descent/layers/convolution/conv2d.hpp"
#include "golden.hpp"
#include "layers/convolution/kernels.hpp"
#include "support.hpp"

namespace conv_transpose2d_test {

using namespace kernels;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("ConvTranspose2D: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("conv_transpose");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    const Shape in = golden::image_shape(c.at("x")), out = golden::image_shape(c.at("y"));
    const bool has_bias = c.contains("bias");
    Rng rng{1};
    ConvTranspose2D<double> layer{in.channels,
                                  out.channels,
                                  rng,
                                  {.kernel = extent(c.at("kernel")),
                                   .stride = extent(c.at("stride")),
                                   .padding = padding(c.at("padding")),
                                   .output_padding = extent(c.at("output_padding")),
                                   .dilation = extent(c.at("dilation")),
                                   .groups = c.at("groups"),
                                   .bias = has_bias ? Bias::learned : Bias::none}};
    REQUIRE(layer.weight.cols() == kernel(c.at("weight")).cols());
    layer.weight = kernel(c.at("weight"));
    if (has_bias) layer.bias = golden::matrix(c.at("bias"));
    CHECK(layer.output_shape(in) == out);

    ConvTranspose2D<double> gradient = zeros_like(layer);
    ConvTranspose2D<double>::Cache cache;
    const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
    golden::require_close(layer.forward({x, in}, cache, Pass::training({})), golden::images(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})),
                          golden::images(c.at("dx")), golden::one_step);
    golden::require_close(gradient.weight, kernel(c.at("dweight")), golden::one_step);
    if (has_bias) golden::require_close(gradient.bias, golden::matrix(c.at("dbias")), golden::one_step);
  }
}

TEST_CASE("ConvTranspose2D: it is the adjoint of Conv2D", "[layers]") {
  // <A x, y> = <x, A^T y>, for every size of x that A takes to the size of y.
  struct Case {
    Extent kernel, stride;
    Padding padding;
    Extent dilation;
    Index groups;
  };
  for (const Case& o :
       {Case{3, 1, 0, 1, 1}, Case{{3, 2}, {2, 3}, {1, 0, 2, 1}, 1, 1}, Case{{2, 3}, 2, 1, {2, 1}, 2},
        Case{3, 2, 1, 1, 6}, Case{{1, 4}, {1, 3}, {0, 1, 0, 2}, 2, 6}})
    for (const Index more : {0, 1, 2})
      for (const Index other : {4, 6}) {
        if (more >= std::min(o.stride.height, o.stride.width) || (o.groups == 6 && other != 6)) continue;
        Rng rng{1};
        const Conv2D<double> conv{
            6, other, rng, {o.kernel, o.stride, o.padding, o.dilation, o.groups, Bias::none}};
        ConvTranspose2D<double> transposed{
            other, 6, rng, {o.kernel, o.stride, o.padding, more, o.dilation, o.groups, Bias::none}};
        transposed.weight = conv.weight;
        const Shape small{other, 3, 4}, large = transposed.output_shape(small);
        CAPTURE(large.height, large.width, more, o.groups);
        REQUIRE(conv.output_shape(large) == small);
        const Matrix<double> x = some_numbers<double>(large.size(), 2, 1),
                             y = some_numbers<double>(small.size(), 2, 2);
        Conv2D<double>::Cache cache;
        ConvTranspose2D<double>::Cache other_cache;
        const Matrix<double> ax = conv.forward({x, large}, cache, Pass::inference()),
                             aty = transposed.forward({y, small}, other_cache, Pass::inference());
        CHECK_THAT(ax.cwiseProduct(y).sum(), Catch::Matchers::WithinAbs(x.cwiseProduct(aty).sum(), 1e-11));
      }
}

TEST_CASE("ConvTranspose2D: a kernel of the stride places copies of itself side by side", "[layers]") {
  Rng rng{1};
  ConvTranspose2D<> layer{1, 1, rng, {.kernel = 2, .stride = 2}};
  layer.weight << 1, 2, 3, 4;
  layer.bias << 0.5F;
  const Matrix<> x{{1}, {10}};
  ConvTranspose2D<>::Cache cache;
  CHECK(layer.forward({x, Shape{1, 1, 2}}, cache, Pass::inference()) ==
        Matrix<>{{1.5F}, {2.5F}, {10.5F}, {20.5F}, {3.5F}, {4.5F}, {30.5F}, {40.5F}});
}

TEST_CASE("ConvTranspose2D: a value keeps its variance on average", "[layers]") {
  // He's variance is 2 / fan-in, where an output sums 16 channels times 16 / 4 places, so 2 mean(x^2) = 2. Of 20 x 20
  // outputs 72 at the border sum half of the places, and 4 a quarter: 2 (324 + 72 / 2 + 4 / 4) / 400 = 1.805.
  Rng rng{1};
  const ConvTranspose2D<double> layer{16, 32, rng, {.kernel = 4, .stride = 2, .padding = 1}};
  const Shape in{16, 10, 10};
  const Matrix<double> x = some_numbers<double>(in.size(), 4, 2);
  ConvTranspose2D<double>::Cache cache;
  const Matrix<double> y = layer.forward({x, in}, cache, Pass::inference());
  CHECK_THAT(y.squaredNorm() / static_cast<double>(y.size()), Catch::Matchers::WithinAbs(1.805, 0.1));
}

TEST_CASE("ConvTranspose2D: sizes that do not fit are refused", "[layers]") {
  Rng rng{1};
  const auto construct = [&](Index in, Index out, const ConvTranspose2DOptions& options) {
    return support::message_of<ShapeError>([&] { ConvTranspose2D<>{in, out, rng, options}; });
  };
  CHECK_THAT(construct(0, 4, {}),
             ContainsSubstring("ConvTranspose2D: expected positive sizes, got in = 0 and out = 4"));
  CHECK_THAT(construct(6, 4, {.groups = 3}),
             ContainsSubstring("expected groups that divide 6 and 4 channels, got 3"));
  CHECK_THAT(
      construct(1, 1, {.stride = {2, 1}, .output_padding = 1}),
      ContainsSubstring("expected .output_padding from 0 to below the stride of 2 x 1, got 1 x 1; choose a"));
  CHECK_THAT(construct(1, 1, {.output_padding = -1}), ContainsSubstring("got -1 x -1"));
  const auto apply = [&](const ConvTranspose2DOptions& options, const Shape& in) {
    return support::message_of<ShapeError>([&] { ConvTranspose2D<>{3, 2, rng, options}.output_shape(in); });
  };
  CHECK_THAT(apply({}, {4, 2, 2}), ContainsSubstring("expected 3 features, got 4 channels x 2 x 2"));
  CHECK_THAT(apply({.kernel = 1, .padding = 1}, {3, 2, 5}),
             ContainsSubstring(
                 "expected padding smaller than the output, got an output of 0 x 3 from 2 x 5; choose"));
  CHECK_THAT(apply({.stride = 1 << 20}, {3, 5, 5}),
             ContainsSubstring("expected an output in proportion to the image"));
  CHECK_THAT(apply({}, {3, std::numeric_limits<Index>::max(), 1}),
             ContainsSubstring("expected an image of sides from 1"));
}

}  // namespace conv_transpose2d_test
