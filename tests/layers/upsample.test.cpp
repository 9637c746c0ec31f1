#include "descent/layers/upsample.hpp"

#include "golden.hpp"
#include "support.hpp"

namespace upsample_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("Upsample: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("upsample");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    const Shape in = golden::image_shape(c.at("x")), out = golden::image_shape(c.at("y"));
    const auto& factor = c.at("factor");
    Upsample<double> layer{
        {.factor = {factor.at(0), factor.at(1)},
         .interpolation = c.at("mode") == "nearest" ? Interpolation::nearest : Interpolation::bilinear}};
    CHECK(layer.output_shape(in) == out);
    Upsample<double>::Cache cache;
    Upsample<double> gradient = layer;
    const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
    golden::require_close(layer.forward({x, in}, cache, Pass::training({})), golden::images(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})),
                          golden::images(c.at("dx")), golden::one_step);
  }
}

TEST_CASE("Upsample: nearest repeats each pixel", "[layers]") {
  const Upsample<> layer{{.factor = {1, 3}}};
  Upsample<>::Cache cache;
  CHECK(layer.forward({Matrix<>{{1}, {2}}, Shape{1, 1, 2}}, cache, Pass::inference()) ==
        Matrix<>{{1}, {1}, {1}, {2}, {2}, {2}});
}

TEST_CASE("Upsample: factors and images out of range are refused", "[layers]") {
  const auto construct = [](Extent factor) {
    return support::message_of<ShapeError>([&] { Upsample<>{{.factor = factor}}; });
  };
  CHECK_THAT(construct(0), ContainsSubstring("Upsample: expected .factor from 1 to 1024, got 0 x 0; pass"));
  CHECK_THAT(construct({2, 2000}), ContainsSubstring("got 2 x 2000"));
  CHECK_THAT(support::message_of<ShapeError>([] {
               Upsample<>{}.output_shape({1, Index{1} << 40, 1});
             }),
             ContainsSubstring("expected an image of 1 to 2^28 values"));
}

}  // namespace upsample_test
