#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

namespace sequential_test {

using namespace descent;

TEST_CASE("Sequential: names layers by position and nests", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{2, 3, rng}, Sequential{BatchNorm{3}, ReLU{}}, Dense{3, 1, rng, Bias::none}};
  std::vector<std::string> names;
  const auto take = [&](const auto& entry, const auto&) { names.push_back(entry.name.path()); };
  using Net = std::remove_const_t<decltype(net)>;
  Net::visit(take, net);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.0.gamma", "1.0.beta", "2.weight"});
  names.clear();
  Net::visit_state(take, net);
  CHECK(names == std::vector<std::string>{"1.0.running_mean", "1.0.running_variance"});
  CHECK(parameter_count(net) == 2 * 3 + 3 + 3 + 3 + 3);
}

TEST_CASE("Sequential: an error of output_shape names the layer that does not fit", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{4, 3, rng}, ReLU{}, Dense{5, 2, rng}};
  CHECK_THROWS_WITH(net.output_shape({4}),
                    "Dense \"2\": expected 5 features, got 3; match the layer before it, which returns 3");
  const Sequential nested{Dense{4, 3, rng}, Sequential{ReLU{}, BatchNorm{5}}};
  CHECK_THROWS_WITH(
      nested.output_shape({4}),
      "BatchNorm \"1.1\": expected 5 features, got 3; match the layer before it, which returns 3");
}

TEST_CASE("Sequential: a layer inside can be read and changed", "[models]") {
  Rng rng{1};
  Sequential net{Dense{2, 2, rng}, ReLU{}};
  net.layer<0>().weight.setIdentity();
  CHECK(predict(net, Matrix<>{{1, -1}, {2, -2}}) == Matrix<>{{1, 0}, {2, 0}});
}

TEST_CASE("Sequential: an error of forward names the layer that does not fit", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{4, 3, rng}, Sequential{ReLU{}, Dense{5, 2, rng}}};
  decltype(net)::Cache cache;
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(2, 3).eval(), cache, Pass::inference()),
                    "Dense \"0\": expected 4 features, got 2");
  CHECK_THROWS_WITH(net.forward(Matrix<>::Ones(4, 3).eval(), cache, Pass::inference()),
                    "Dense \"1.1\": expected 5 features, got 3; match the layer before it, which returns 3");
}

TEST_CASE("Sequential: backward requires a forward pass of the same batch with the same cache", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{2, 3, rng}, ReLU{}, Dense{3, 1, rng}};
  using Net = std::remove_const_t<decltype(net)>;
  const Matrix<> x = Matrix<>::Ones(2, 4), dy = Matrix<>::Ones(1, 4);
  Net gradient = zeros_like(net);
  Net::Cache cache;
  CHECK_THROWS_AS(net.backward(x, dy, cache, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(net.visit_outputs(cache, [](const auto&, const auto&) {}), ShapeError);
  net.forward(x, cache, Pass::inference());
  CHECK_NOTHROW(net.backward(x, dy, cache, gradient, Pass::inference()));
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(1, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_AS(net.backward(x, Matrix<>::Ones(2, 4).eval(), cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_AS(net.backward(Matrix<>::Ones(2, 3).eval(), dy, cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_AS(net.backward(Matrix<>::Ones(3, 4).eval(), dy, cache, gradient, Pass::inference()),
                  ShapeError);
  CHECK_THROWS_AS(net.backward_parameters(x, Matrix<>::Ones(1, 3).eval(), cache, gradient, Pass::inference()),
                  ShapeError);

  Net::Cache copy = cache;  // its views of outputs would point into `cache`
  CHECK_THROWS_AS(net.backward(x, dy, copy, gradient, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(net.forward(Matrix<>::Ones(5, 4).eval(), cache, Pass::inference()), ShapeError);
  CHECK_THROWS_AS(net.backward(x, dy, cache, gradient, Pass::inference()), ShapeError);
}

TEST_CASE("Sequential: a chain of a single AnyLayer is copied and not wrapped") {
  Rng rng{1};
  const Sequential chain{AnyLayer<>{Dense{2, 3, rng}}};
  const Sequential copy{chain};
  const Matrix<> x = Matrix<>::Ones(2, 1);
  CHECK(predict(Sequential<AnyLayer<>>{chain}, x) == predict(chain, x));
  CHECK(predict(copy, x) == predict(chain, x));
}

}  // namespace sequential_test
