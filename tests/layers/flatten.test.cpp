#include "catch.hpp"
#include "descent/descent.hpp"

namespace flatten_test {

using namespace descent;

TEST_CASE("Flatten: y is a view of x with plain features") {
  const Matrix<> x = Matrix<>::Random(12, 3);
  const Batch<> images{x, Shape{.channels = 2, .height = 3, .width = 2}};
  const Flatten layer;
  Flatten<>::Cache cache;
  const Batch<> y = layer.forward(images, cache, Pass::inference());
  CHECK(y.data() == x.data());
  CHECK(y.shape() == Shape{12});
  CHECK(y.samples() == 3);
  CHECK(layer.output_shape(images.shape()) == Shape{12});
}

TEST_CASE("Flatten: dx is a view of dy with the shape of x") {
  const Matrix<> x = Matrix<>::Random(12, 3), dy = Matrix<>::Random(12, 3);
  const Batch<> images{x, Shape{.channels = 2, .height = 3, .width = 2}};
  const Flatten layer;
  Flatten<>::Cache cache;
  Flatten gradient;
  layer.forward(images, cache, Pass::inference());
  const Batch<> dx = layer.backward(images, dy, cache, gradient, Pass::inference());
  CHECK(dx.data() == dy.data());
  CHECK(dx.shape() == images.shape());
}

TEST_CASE("Flatten: backward rejects a batch other than that of forward") {
  const Matrix<> x = Matrix<>::Ones(12, 3);
  const Flatten layer;
  Flatten<>::Cache cache;
  Flatten gradient;
  CHECK_THROWS_AS(layer.backward(x, x, cache, gradient, Pass::inference()), ShapeError);
  layer.forward(x, cache, Pass::inference());
  CHECK_THROWS_AS(layer.backward(x, Matrix<>::Ones(12, 2).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_AS(layer.backward(x, Matrix<>::Ones(11, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
}

TEST_CASE("Flatten: a Dense layer after it takes all values of a sample as features") {
  Rng rng{1};
  const Dense whole{12, 1, rng}, each{2, 1, rng};
  const Shape image{.channels = 2, .height = 3, .width = 2};
  CHECK(Sequential{Flatten{}, whole}.output_shape(image) == Shape{1});
  CHECK(Sequential{each, Flatten{}}.output_shape(image) == Shape{6});
  CHECK_THROWS_WITH((Sequential{Flatten{}, each}.output_shape(image)),
                    "Dense \"1\": expected 2 features, got 12; match the layer before it, which returns 12");
}

}  // namespace flatten_test
