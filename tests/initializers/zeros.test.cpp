#include "descent/initializers/zeros.hpp"

#include "catch.hpp"

namespace zeros_test {

using namespace descent;

TEST_CASE("Zeros: fills with zeros and draws no random number") {
  Rng rng{1}, untouched{1};
  Matrix<> weight = Matrix<>::Ones(3, 4);
  Zeros{}(weight, Fan{4, 3}, rng);
  CHECK(weight == Matrix<>::Zero(3, 4));
  CHECK(rng.bits() == untouched.bits());
}

}  // namespace zeros_test
