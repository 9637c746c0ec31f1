#include "descent/tree/flat_parameters.hpp"

#include "catch.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/normalization/batch_norm.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace flat_parameters_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

TEST_CASE("parameters_of: one vector in the order of the layers, without state") {
  Matrix<> w(2, 2);
  w << 1, 3, 2, 4;
  Sequential net{Dense<>{w, Vector<>::Constant(2, 5)}, BatchNorm{2}};
  Vector<> expected(10);
  expected << 1, 2, 3, 4, 5, 5, 1, 1, 0, 0;  // column by column, the bias, gamma, beta
  CHECK(parameters_of(net) == expected);
}

TEST_CASE("set_parameters: undoes parameters_of") {
  Rng rng{1};
  DynamicSequential<> net{Dense{3, 4, rng}, BatchNorm{4}, Dense{4, 2, rng}};
  const Vector<> values = Vector<>::Random(parameter_count(net));
  const auto before = support::values_of(net);
  set_parameters(net, values);
  CHECK(parameters_of(net) == values);
  CHECK(support::values_of(net) != before);
}

TEST_CASE("set_parameters: another length is refused, and nothing changes") {
  Rng rng{1};
  Dense<> layer{3, 4, rng};
  const auto before = support::values_of(layer);
  CHECK_THAT(message_of<ShapeError>([&] { set_parameters(layer, Vector<>::Zero(15).eval()); }),
             ContainsSubstring("set_parameters: expected 16 values, got 15"));
  CHECK(support::values_of(layer) == before);
}

}  // namespace flat_parameters_test
