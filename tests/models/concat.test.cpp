#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

namespace concat_test {

using namespace descent;

TEST_CASE("Concat: stacks the outputs of its branches", "[models]") {
  Rng rng{1};
  Concat net{Dense{2, 1, rng, Zeros{}}, ReLU{}};
  const Matrix<> x{{1, -2}, {3, 4}};
  CHECK(net.output_shape({2}) == Shape{3});
  CHECK(predict(net, x) == Matrix<>{{0, 0}, {1, 0}, {3, 4}});
}

TEST_CASE("Concat: parameters and errors name the branch", "[models]") {
  Rng rng{1};
  const Concat net{Dense{2, 1, rng}, Sequential{ReLU{}, Dense{3, 1, rng, Bias::none}}};
  std::vector<std::string> names;
  std::remove_const_t<decltype(net)>::visit(
      [&](const Parameter& p, const auto&) { names.push_back(p.name.path()); }, net);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.1.weight"});
  CHECK_THROWS_WITH(net.output_shape({2}),
                    "Dense \"1.1\": expected 3 features, got 2; match the layer before it, which returns 2");
}

TEST_CASE("Concat: forward and backward reject batches of another shape", "[models]") {
  Rng rng{1};
  const Concat net{Dense{2, 3, rng}, Identity{}};
  Concat gradient = zeros_like(net);
  const Matrix<> x = Matrix<>::Ones(2, 4);
  decltype(net)::Cache cache;
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(5, 4).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(3, 4).eval(), cache, Pass::inference()),
                    "Dense \"0\": expected 2 features, got 3");
  net.forward(x, cache, Pass::inference());
  CHECK_NOTHROW(net.backward(x, Matrix<>::Ones(5, 4).eval(), cache, gradient, Pass::inference()));
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(4, 4).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
}

TEST_CASE("Concat: forward accepts an empty batch", "[models]") {
  Rng rng{1};
  const Concat net{Dense{2, 3, rng}, Identity{}};
  decltype(net)::Cache cache;
  CHECK(net.forward(Matrix<>(2, 0), cache, Pass::inference()).rows() == 5);
}

TEST_CASE("Concat: channels whose sum no number can hold are refused", "[models]") {
  const Concat both{Tanh<>{}, ReLU<>{}};
  for (const Index channels : {std::numeric_limits<Index>::max() - 1, std::numeric_limits<Index>::min()})
    CHECK_THROWS_AS(both.output_shape({channels}), ShapeError);
}

}  // namespace concat_test
