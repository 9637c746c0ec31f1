#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

using namespace descent;

TEST_CASE("Concat stacks the outputs of its branches", "[models]") {
  Rng rng{1};
  Concat net{Dense{2, 1, rng, Zeros{}}, ReLU{}};
  const Matrix<> x{{1, -2}, {3, 4}};
  CHECK(net.output_shape({2}) == Shape{3});
  CHECK(predict(net, x) == Matrix<>{{0, 0}, {1, 0}, {3, 4}});
}

TEST_CASE("Concat names parameters and faults by branch", "[models]") {
  Rng rng{1};
  const Concat net{Dense{2, 1, rng}, Sequential{ReLU{}, Dense{3, 1, rng, Bias::none}}};
  std::vector<std::string> names;
  std::remove_const_t<decltype(net)>::visit(
      [&](const Parameter& p, const auto&) { names.push_back(p.name.path()); }, net);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.1.weight"});
  CHECK_THROWS_WITH(net.output_shape({2}),
                    "Dense \"1.1\": expected 3 features, got 2; the layer before it ends in 2");
}
