#include "descent/inference/outputs_of.hpp"

#include "catch.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
#include "support.hpp"

namespace outputs_of_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

TEST_CASE("outputs_of: returns the outputs of a layer by its name, for any number of samples") {
  Rng rng{1};
  const Dense<> first{3, 5, rng}, second{5, 2, rng};
  const Sequential net{first, ReLU{}, Dropout{}, second};
  const DynamicSequential<> dynamic{first, ReLU{}, Dropout{}, second};
  const Matrix<> x = Matrix<>::Random(3, 600);
  const Matrix<> expected = ((first.weight * x).colwise() + first.bias).cwiseMax(0.0F);
  CHECK(outputs_of(net, "1", x).isApprox(expected, 1e-6F));
  CHECK(outputs_of(dynamic, "1", x) == outputs_of(net, "1", x));
  CHECK(outputs_of(net, "2", x) == outputs_of(net, "1", x));  // dropout keeps all in inference
  CHECK(outputs_of(net, "3", x, {.threads = 2}) == predict(net, x));
}

TEST_CASE("outputs_of: finds layers within compositions") {
  Rng rng{1};
  const Dense<> inner{3, 3, rng};
  const Sequential net{Residual{Sequential{inner, ReLU{}}}, Dense{3, 1, rng}};
  const Matrix<> x = Matrix<>::Random(3, 4);
  CHECK(outputs_of(net, "0.body.0", x) == predict(inner, x));
  CHECK(outputs_of(net, "0.body", x) == predict(Sequential{inner, ReLU{}}, x));
  CHECK(outputs_of(net, "0", x) == predict(Residual{Sequential{inner, ReLU{}}}, x));
}

TEST_CASE("outputs_of: an unknown name is refused with the names of the layers") {
  Rng rng{1};
  const Sequential net{Dense{3, 5, rng}, ReLU{}};
  const Matrix<> x = Matrix<>::Random(3, 4);
  CHECK_THAT(message_of<DataError>([&] { outputs_of(net, "2", x); }),
             ContainsSubstring("outputs_of: expected the name of a layer, got \"2\"; the layers are [0, 1]"));
  CHECK_THROWS_AS(outputs_of(net, "0", Matrix<>::Zero(2, 4).eval()), ShapeError);
}

}  // namespace outputs_of_test
