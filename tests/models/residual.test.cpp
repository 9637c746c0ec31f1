#include "catch.hpp"
#include "descent/descent.hpp"

namespace residual_test {

using namespace descent;

TEST_CASE("Residual: adds its input to the output of the body", "[models]") {
  Rng rng{1};
  Residual net{Dense{2, 2, rng, Zeros{}}};
  const Matrix<> x{{1, 2}, {3, 4}};
  CHECK(predict(net, x) == x);
  net.body.weight.setIdentity();
  CHECK(predict(net, x) == 2 * x);
}

TEST_CASE("Residual: errors name a body that changes the shape and a layer in the body", "[models]") {
  Rng rng{1};
  CHECK_THROWS_WITH(
      (Residual{Dense{4, 3, rng}}.output_shape({4})),
      Catch::Matchers::ContainsSubstring("Residual: expected a body that keeps the shape 4, got 3"));
  const Sequential net{Dense{4, 3, rng}, Residual{Sequential{ReLU{}, Dense{5, 3, rng}}}};
  CHECK_THROWS_WITH(
      net.output_shape({4}),
      "Dense \"1.body.1\": expected 5 features, got 3; match the layer before it, which returns 3");
}

TEST_CASE("Residual: forward rejects a body that changes the shape and backward rejects another batch",
          "[models]") {
  Rng rng{1};
  const Residual widens{Dense{2, 3, rng}}, net{Dense{2, 2, rng}};
  Residual gradient = zeros_like(net);
  const Matrix<> x = Matrix<>::Ones(2, 4);
  decltype(widens)::Cache cache;
  CHECK_THROWS_WITH(widens.forward(x, cache, Pass::inference()),
                    Catch::Matchers::ContainsSubstring("expected a body that keeps the shape 2, got 3"));
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(3, 4).eval(), cache, Pass::inference()),
                    "Dense \"body\": expected 2 features, got 3");
  net.forward(x, cache, Pass::inference());
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(2, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
}

}  // namespace residual_test
