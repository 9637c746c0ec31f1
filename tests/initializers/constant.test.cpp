#include "descent/initializers/constant.hpp"

#include "catch.hpp"

using namespace descent;

TEST_CASE("Constant fills with its value and draws no random number") {
  Rng rng{1}, untouched{1};
  Matrix<> weight(3, 4);
  Constant{.value = 0.1}(weight, Fan{4, 3}, rng);
  CHECK(weight == Matrix<>::Constant(3, 4, 0.1F));
  CHECK(rng.bits() == untouched.bits());
}
