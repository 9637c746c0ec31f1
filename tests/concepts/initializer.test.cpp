#include "descent/concepts/initializer.hpp"

#include "catch.hpp"
#include "descent/initializers.hpp"

namespace initializer_test {

using namespace descent;

TEST_CASE("Initializer: requires a call with matrix and fan and generator") {
  auto ones = [](auto& weight, const Fan&, Rng&) { weight.setOnes(); };
  auto without_generator = [](Matrix<>&, const Fan&) {};
  auto of_double = [](Matrix<double>&, const Fan&, Rng&) {};
  STATIC_REQUIRE(Initializer<decltype(ones), float>);
  STATIC_REQUIRE(Initializer<HeNormal, double>);
  STATIC_REQUIRE(Initializer<Zeros, float>);
  STATIC_REQUIRE_FALSE(Initializer<decltype(without_generator), float>);
  STATIC_REQUIRE_FALSE(Initializer<decltype(of_double), float>);
  STATIC_REQUIRE_FALSE(Initializer<double, float>);
}

}  // namespace initializer_test
