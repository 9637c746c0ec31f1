#include "catch.hpp"
#include "descent/descent.hpp"

namespace reshape_test {

using namespace descent;

namespace {
constexpr Shape image{.channels = 2, .height = 3, .width = 2};
}

TEST_CASE("Reshape: y is a view of x with the given shape") {
  const Matrix<> x = Matrix<>::Random(12, 3);
  const Reshape layer{image};
  Reshape<>::Cache cache;
  const Batch<> y = layer.forward(x, cache, Pass::inference());
  CHECK(y.data() == x.data());
  CHECK(y.shape() == image);
  CHECK(y.samples() == 3);
  CHECK(layer.output_shape({12}) == image);
}

TEST_CASE("Reshape: the channels vary fastest") {
  Matrix<> x(12, 1);
  for (Index i = 0; i < 12; ++i) x(i) = static_cast<float>(i);
  const Reshape layer{image};
  Reshape<>::Cache cache;
  const Batch<> y = layer.forward(x, cache, Pass::inference()).channels();
  CHECK(y.rows() == 2);
  CHECK(y.cols() == 6);
  // The position at row 1, column 0 is number 1 * 2 + 0 = 2, and begins at value 2 * 2 = 4.
  CHECK(Matrix<>{y.col(2)} == Matrix<>{{4}, {5}});
}

TEST_CASE("Reshape: dx is a view of dy with the shape of x") {
  const Matrix<> x = Matrix<>::Random(12, 3), dy = Matrix<>::Random(12, 3);
  const Reshape layer{image};
  Reshape<>::Cache cache;
  Reshape gradient{image};
  layer.forward(x, cache, Pass::inference());
  const Batch<> dx = layer.backward(x, Batch<>{dy, image}, cache, gradient, Pass::inference());
  CHECK(dx.data() == dy.data());
  CHECK(dx.shape() == Shape{12});
}

TEST_CASE("Reshape: rejects a shape of another size and a side that is not positive") {
  const Reshape layer{image};
  Reshape<>::Cache cache;
  CHECK_THROWS_WITH(layer.output_shape({11}), "Reshape: expected 12 features, got 11");
  CHECK_THROWS_WITH(layer.output_shape({2, 3, 3}), "Reshape: expected 12 features, got 2 channels x 3 x 3");
  CHECK_THROWS_WITH(layer.forward(Matrix<>::Ones(13, 2).eval(), cache, Pass::inference()),
                    "Reshape: expected 12 features, got 13");
  CHECK_THROWS_AS((Reshape{Shape{2, 0, 3}}), ShapeError);
  CHECK_THROWS_AS((Reshape{Shape{-2, 1, -3}}), ShapeError);
}

TEST_CASE("Reshape: backward rejects a batch other than that of forward") {
  const Matrix<> x = Matrix<>::Ones(12, 3);
  const Reshape layer{image};
  Reshape<>::Cache cache;
  Reshape gradient{image};
  CHECK_THROWS_AS(layer.backward(x, x, cache, gradient, Pass::inference()), ShapeError);
  layer.forward(x, cache, Pass::inference());
  CHECK_THROWS_AS(layer.backward(x, Matrix<>::Ones(12, 2).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
}

TEST_CASE("Reshape: its description holds the shape") {
  CHECK(describe(Reshape{image}) ==
        LayerDescription{"Reshape", {{"channels", 2}, {"height", 3}, {"width", 2}}, {}});
}

}  // namespace reshape_test
