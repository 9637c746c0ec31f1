#include "descent/layers/identity.hpp"

#include "catch.hpp"

namespace identity_test {

using namespace descent;

TEST_CASE("Identity: forward and backward return views of their inputs") {
  const Matrix<> x = Matrix<>::Random(6, 4), dy = Matrix<>::Random(6, 4);
  const Batch images{x, Shape{2, 1, 3}}, slopes{dy, Shape{2, 1, 3}};
  const Identity<> layer;
  Identity<> gradient;
  Identity<>::Cache cache;
  const Batch<> y = layer.forward(images, cache, Pass::training({}));
  CHECK(y.data() == x.data());
  CHECK(y.shape() == images.shape());
  const Batch<> dx = layer.backward(images, slopes, cache, gradient, Pass::training({}));
  CHECK(dx.data() == dy.data());
  CHECK(dx.shape() == images.shape());
}

}  // namespace identity_test
