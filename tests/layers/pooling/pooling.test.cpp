#include "descent/layers/pooling/pooling.hpp"

#include <cmath>
#include <limits>

#include "golden.hpp"
#include "support.hpp"

namespace pooling_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;

namespace {

Extent extent(const golden::Json& pair) { return {pair.at(0), pair.at(1)}; }
Padding padding(const golden::Json& pair) { return {pair.at(0), pair.at(1), pair.at(0), pair.at(1)}; }

template <class L>
void require_equal(const L& layer, const golden::Json& c) {
  const Shape in = golden::image_shape(c.at("x")), out = golden::image_shape(c.at("y"));
  const Matrix<double> x = golden::images(c.at("x")), dy = golden::images(c.at("dy"));
  L gradient = layer;
  typename L::Cache cache;
  CHECK(layer.output_shape(in) == out);
  golden::require_close(layer.forward({x, in}, cache, Pass::training({})), golden::images(c.at("y")),
                        golden::one_step);
  golden::require_close(layer.backward({x, in}, {dy, out}, cache, gradient, Pass::training({})),
                        golden::images(c.at("dx")), golden::one_step);
}

template <class L>
Matrix<> forward(const L& layer, const Matrix<>& x, const Shape& in) {
  typename L::Cache cache;
  return layer.forward({x, in}, cache, Pass::inference());
}

}  // namespace

TEST_CASE("MaxPool2D: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("pooling");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    if (c.at("kind") == "max")
      require_equal(MaxPool2D<double>{{.kernel = extent(c.at("kernel")),
                                       .stride = extent(c.at("stride")),
                                       .padding = padding(c.at("padding"))}},
                    c);
  }
}

TEST_CASE("AveragePool2D: forward and backward equal PyTorch", "[layers][golden]") {
  const auto file = golden::read("pooling");
  for (const auto& c : file.at("cases")) {
    CAPTURE(c.at("id").get<std::string>());
    if (c.at("kind") == "average")
      require_equal(AveragePool2D<double>{{.kernel = extent(c.at("kernel")),
                                           .stride = extent(c.at("stride")),
                                           .padding = padding(c.at("padding")),
                                           .count_padding = c.at("count_padding")}},
                    c);
  }
}

TEST_CASE("GlobalAveragePool: forward and backward equal PyTorch", "[layers][golden]") {
  for (const auto& c : golden::read("small_layers").at("global_average_pool"))
    require_equal(GlobalAveragePool<double>{}, c);
}

TEST_CASE("MaxPool2D: the first of equal numbers gets the gradient", "[layers]") {
  const MaxPool2D<> layer{};
  MaxPool2D<> gradient;
  MaxPool2D<>::Cache cache;
  const Shape image{1, 2, 2};
  const Matrix<> x{{1, 0}, {1, 3}, {0, 3}, {1, 3}}, dy{{5, 7}};
  layer.forward({x, image}, cache, Pass::training({}));
  CHECK(layer.backward({x, image}, dy, cache, gradient, Pass::training({})) ==
        Matrix<>{{5, 0}, {0, 7}, {0, 0}, {0, 0}});
}

TEST_CASE("MaxPool2D: padding is never the maximum", "[layers]") {
  const Matrix<> x{{-3}, {-1}, {-2}, {-4}};
  CHECK(forward(MaxPool2D<>{{.kernel = 2, .padding = 1}}, x, {1, 2, 2}) == x);
  const float lowest = -std::numeric_limits<float>::infinity();
  CHECK(forward(MaxPool2D<>{}, Matrix<>::Constant(4, 1, lowest), {1, 2, 2})(0) == lowest);
}

TEST_CASE("MaxPool2D: the maximum of a window with a NaN is NaN", "[layers]") {
  for (Index i = 0; i < 4; ++i) {
    Matrix<> x{{1}, {2}, {3}, {4}};
    x(i) = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(forward(MaxPool2D<>{}, x, {1, 2, 2})(0)));
  }
}

// The windows of 2 x 2 have 1, 2, 1, 2, 4, 2, 1, 2 and 1 of the ones inside the image of 4 x 4.
TEST_CASE("AveragePool2D: padding counts as zeros, or not at all", "[layers]") {
  const Matrix<> ones = Matrix<>::Ones(16, 1);
  const Shape image{1, 4, 4};
  CHECK(forward(AveragePool2D<>{{.kernel = 2, .padding = 1}}, ones, image) ==
        Matrix<>{{0.25F}, {0.5F}, {0.25F}, {0.5F}, {1}, {0.5F}, {0.25F}, {0.5F}, {0.25F}});
  CHECK(forward(AveragePool2D<>{{.kernel = 2, .padding = 1, .count_padding = false}}, ones, image) ==
        Matrix<>::Ones(9, 1));
}

TEST_CASE("GlobalAveragePool: forward is the mean of each channel, backward divides by the positions",
          "[layers]") {
  const GlobalAveragePool<> layer{};
  GlobalAveragePool<> gradient;
  GlobalAveragePool<>::Cache cache;
  const Shape image{2, 1, 4};
  const Matrix<> x{{1}, {10}, {2}, {20}, {3}, {30}, {6}, {20}}, dy{{4}, {8}};
  CHECK(layer.forward({x, image}, cache, Pass::training({})) == Matrix<>{{3}, {20}});
  CHECK(layer.backward({x, image}, dy, cache, gradient, Pass::training({})) ==
        Matrix<>{{1}, {2}, {1}, {2}, {1}, {2}, {1}, {2}});
}

TEST_CASE("AveragePool2D: an empty batch of huge images takes no memory", "[layers]") {
  const AveragePool2D<> layer{};
  AveragePool2D<>::Cache cache;
  CHECK(layer.forward({nullptr, Shape{1, 1 << 15, 1 << 14}, 0}, cache, Pass::inference()).samples() == 0);
  CHECK(cache.share.size() == 0);
  CHECK(cache.from.empty());
}

TEST_CASE("MaxPool2D: windows that do not fit are refused", "[layers]") {
  CHECK_THAT(
      support::message_of<ShapeError>([] {
        MaxPool2D<>{{.kernel = {3, 2}, .padding = 2}};
      }),
      ContainsSubstring("MaxPool2D: expected .padding smaller than the kernel of 3 x 2, got 2, 2, 2, 2"));
  CHECK_THAT(support::message_of<ShapeError>([] { AveragePool2D<>{{.kernel = 0}}; }),
             ContainsSubstring("AveragePool2D: expected .kernel from 1"));
  CHECK_THAT(support::message_of<ShapeError>([] {
               AveragePool2D<>{{.kernel = 3}}.output_shape({4, 2, 3});
             }),
             ContainsSubstring("expected a kernel that fits into the padded image of 2 x 3, got 3 x 3"));
  CHECK_THAT(support::message_of<ShapeError>([] {
               MaxPool2D<>{}.output_shape({1, 1 << 16, 1 << 16});
             }),
             ContainsSubstring("expected images of at most 2^30 values"));
}

}  // namespace pooling_test
