#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

using namespace descent;

TEST_CASE("Sequential names layers by position, also within one another", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{2, 3, rng}, Sequential{BatchNorm{3}, ReLU{}}, Dense{3, 1, rng, Bias::none}};
  std::vector<std::string> names;
  const auto take = [&](const auto& entry, const auto&) { names.push_back(entry.name.path()); };
  using Net = std::remove_const_t<decltype(net)>;
  Net::visit(take, net);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.0.gamma", "1.0.beta", "2.weight"});
  names.clear();
  Net::visit_buffers(take, net);
  CHECK(names == std::vector<std::string>{"1.0.running_mean", "1.0.running_variance"});
  CHECK(parameter_count(net) == 2 * 3 + 3 + 3 + 3 + 3);
}

TEST_CASE("Sequential says which layers do not fit together", "[models]") {
  Rng rng{1};
  const Sequential net{Dense{4, 3, rng}, ReLU{}, Dense{5, 2, rng}};
  CHECK_THROWS_WITH(net.output_shape({4}),
                    "Dense \"2\": expected 5 features, got 3; the layer before it ends in 3");
  const Sequential nested{Dense{4, 3, rng}, Sequential{ReLU{}, BatchNorm{5}}};
  CHECK_THROWS_WITH(nested.output_shape({4}),
                    "BatchNorm \"1.1\": expected 5 features, got 3; the layer before it ends in 3");
}

TEST_CASE("a layer inside a Sequential can be read and changed", "[models]") {
  Rng rng{1};
  Sequential net{Dense{2, 2, rng}, ReLU{}};
  net.layer<0>().weight.setIdentity();
  CHECK(predict(net, Matrix<>{{1, -1}, {2, -2}}) == Matrix<>{{1, 0}, {2, 0}});
}
