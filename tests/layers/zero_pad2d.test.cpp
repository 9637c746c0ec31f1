#include "descent/layers/zero_pad2d.hpp"

#include "golden.hpp"
#include "support.hpp"

namespace zero_pad2d_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("ZeroPad2D: zeros surround the image", "[layers]") {
  const ZeroPad2D<> layer{{1, 2, 0, 1}};
  ZeroPad2D<>::Cache cache;
  const Matrix<> x{{1}, {2}};  // a column of two pixels
  const Shape in{1, 2, 1};
  CHECK(layer.output_shape(in) == Shape{1, 3, 4});
  const Matrix<> y = layer.forward({x, in}, cache, Pass::training({}));
  CHECK(y == Matrix<>{{0}, {0}, {0}, {0}, {0}, {0}, {1}, {0}, {0}, {0}, {2}, {0}});
  ZeroPad2D<> gradient = layer;
  CHECK(layer.backward({x, in}, Matrix<>{y * 3}, cache, gradient, Pass::training({})) == Matrix<>{{3}, {6}});
}

TEST_CASE("ZeroPad2D: forward and backward equal PyTorch", "[layers][golden]") {
  for (const auto& c : golden::read("small_layers").at("zero_pad2d")) {
    const auto& p = c.at("padding");
    const ZeroPad2D<double> layer{{p.at(0), p.at(1), p.at(2), p.at(3)}};
    ZeroPad2D<double> gradient = layer;
    ZeroPad2D<double>::Cache cache;
    const Shape in = golden::image_shape(c.at("x")), out = golden::image_shape(c.at("y"));
    const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
    CHECK(layer.output_shape(in) == out);
    CHECK(layer.forward({x, in}, cache, Pass::training({})) == golden::images(c.at("y")));
    CHECK(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})) ==
          golden::images(c.at("dx")));
  }
}

TEST_CASE("ZeroPad2D: paddings out of range are refused", "[layers]") {
  CHECK_THAT(support::message_of<ShapeError>([] {
               ZeroPad2D<>{{0, -1, 0, 0}};
             }),
             ContainsSubstring("ZeroPad2D: expected .padding from 0 to 1048576, got 0, -1, 0, 0"));
}

}  // namespace zero_pad2d_test
