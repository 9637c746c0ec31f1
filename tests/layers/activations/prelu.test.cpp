#include "golden.hpp"
#include "support.hpp"

namespace prelu_test {

using namespace descent;

TEST_CASE("PReLU: equals PyTorch with one slope and with a slope for each feature", "[layers][golden]") {
  const auto file = golden::read("activations");
  for (const auto& c : file.at("prelu")) {
    const Matrix<double> slope = golden::matrix(c.at("slope")), x = golden::batch(c.at("x"));
    PReLU<double> layer{slope.size()};
    layer.slope = slope;
    PReLU<double> gradient = zeros_like(layer);
    PReLU<double>::Cache cache;
    golden::require_close(layer.forward(x, cache, Pass::inference()), golden::batch(c.at("y")),
                          golden::one_step);
    golden::require_close(layer.backward(x, golden::batch(c.at("dy")), cache, gradient, Pass::inference()),
                          golden::batch(c.at("dx")), golden::one_step);
    golden::require_close(gradient.slope, golden::matrix(c.at("dslope")), golden::one_step);
  }
}

TEST_CASE("PReLU: the positions of a channel share a slope", "[layers]") {
  PReLU<double> layer{2};
  layer.slope << 0.1, 0.5;
  CHECK(layer.output_shape({2, 3, 2}) == Shape{2, 3, 2});
  CHECK_THROWS_AS(layer.output_shape({3, 2, 2}), ShapeError);

  // Two samples of three positions are computed as six samples of one position.
  const Matrix<double> x{{1, -1}, {-2, 4}, {3, -3}, {-4, -6}, {-5, 2}, {6, -1}};
  const Matrix<double> dy = 2 * x.array().sin();
  const Batch images{x, Shape{2, 3, 1}}, slopes{dy, Shape{2, 3, 1}};
  const Matrix<double> flat_x = x.reshaped(2, 6), flat_dy = dy.reshaped(2, 6);
  PReLU<double> gradient = layer, flat_gradient = layer;
  PReLU<double>::Cache cache, flat_cache;
  const Pass pass = Pass::inference();
  CHECK(layer.forward(images, cache, pass).channels() == layer.forward(flat_x, flat_cache, pass));
  CHECK(layer.backward(images, slopes, cache, gradient, pass).channels() ==
        layer.backward(flat_x, flat_dy, flat_cache, flat_gradient, pass));
  CHECK(gradient.slope == flat_gradient.slope);
}

TEST_CASE("PReLU: slopes are not regularized", "[layers]") {
  const PReLU<double> layer{3, {.slope = 0.5}};
  CHECK(layer.slope == Vector<double>::Constant(3, 0.5));
  CHECK(L2{.lambda = 1}.penalty(layer, 1) == 0);
}

TEST_CASE("PReLU: rejects a number of slopes that is not positive", "[layers]") {
  CHECK_THAT(support::message_of<ShapeError>([] { PReLU<>{0}; }),
             Catch::Matchers::ContainsSubstring("PReLU: expected a positive number of slopes, got 0"));
}

TEST_CASE("PReLU: forward rejects another number of channels") {
  const PReLU layer{3};
  PReLU<>::Cache cache;
  const Matrix<> x = Matrix<>::Ones(6, 2);
  CHECK(layer.forward({x, Shape{3, 2, 1}}, cache, Pass::inference()).shape() == Shape{3, 2, 1});
  CHECK_THROWS_WITH(layer.forward(x, cache, Pass::inference()), "PReLU: expected 3 features, got 6");
  CHECK_THROWS_WITH(layer.forward({x, Shape{2, 3, 1}}, cache, Pass::inference()),
                    "PReLU: expected 3 features, got 2 channels x 3 x 1");
}

}  // namespace prelu_test
