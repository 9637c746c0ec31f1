#include "descent/concepts/backward.hpp"

#include "catch.hpp"
#include "descent/layers/dense.hpp"

namespace backward_test {

using namespace descent;

namespace {

/// y = x; counts in its gradient which of the two backward functions ran.
struct Plain {
  using Scalar = float;
  struct Cache {
    Matrix<> y, dx;
  };
  static void visit(auto&&, auto&...) {}
  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const { return c.y = x; }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache& c, Plain& gradient, const Pass&) const {
    ++gradient.whole;
    return c.dx = dy;
  }
  int whole = 0;
};

struct Frugal : Plain {
  void backward_parameters(const Batch<>&, const Batch<>&, Cache&, Frugal& gradient, const Pass&) const {
    ++gradient.without_dx;
  }
  int without_dx = 0;
};

}  // namespace

TEST_CASE("backward_parameters: calls the member of the layer or else its backward") {
  const Matrix<> x = Matrix<>::Ones(2, 3);

  Plain plain_gradient;
  Plain::Cache cache;
  backward_parameters(Plain{}, Batch<>{x}, Batch<>{x}, cache, plain_gradient, Pass::inference());
  CHECK(plain_gradient.whole == 1);

  Frugal frugal_gradient;
  backward_parameters(Frugal{}, Batch<>{x}, Batch<>{x}, cache, frugal_gradient, Pass::inference());
  CHECK(frugal_gradient.whole == 0);
  CHECK(frugal_gradient.without_dx == 1);
}

TEST_CASE("backward_parameters: the gradient equals that of backward") {
  Rng rng{1};
  const Dense<double> layer{3, 2, rng};
  const Matrix<double> x = Matrix<double>::Constant(3, 4, 0.5), dy = Matrix<double>::Constant(2, 4, 2);
  Dense<double>::Cache cache;
  layer.forward(x, cache, Pass::inference());

  auto with = zeros_like(layer), without = zeros_like(layer);
  layer.backward(x, dy, cache, with, Pass::inference());
  backward_parameters(layer, Batch<double>{x}, Batch<double>{dy}, cache, without, Pass::inference());
  CHECK(with.weight == without.weight);
  CHECK(with.bias == without.bias);
  CHECK(without.weight.norm() > 0);
}

}  // namespace backward_test
