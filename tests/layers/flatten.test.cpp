#include "catch.hpp"
#include "descent/descent.hpp"

namespace flatten_test {

using namespace descent;

TEST_CASE("Flatten: y is x as plain features, in the same memory") {
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

TEST_CASE("Flatten: dx is dy with the shape of x, in the same memory") {
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

TEST_CASE("Flatten: backward refuses a batch that forward did not take") {
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

TEST_CASE("Flatten: a Dense layer after it sees all values of a sample as features") {
  Rng rng{1};
  const Dense whole{12, 1, rng}, each{2, 1, rng};
  const Shape image{.channels = 2, .height = 3, .width = 2};
  CHECK(Sequential{Flatten{}, whole}.output_shape(image) == Shape{1});
  CHECK(Sequential{each, Flatten{}}.output_shape(image) == Shape{6});
  CHECK_THROWS_WITH((Sequential{Flatten{}, each}.output_shape(image)),
                    "Dense \"1\": expected 2 features, got 12; match the layer before it, which returns 12");
}

}  // namespace flatten_test
