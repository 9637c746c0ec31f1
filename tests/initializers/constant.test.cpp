#include "descent/initializers/constant.hpp"

#include <limits>

#include "catch.hpp"
#include "support.hpp"

namespace constant_test {

using namespace descent;

TEST_CASE("Constant: fills with its value and draws no random number") {
  Rng rng{1}, untouched{1};
  Matrix<> weight(3, 4);
  Constant{.value = 0.1}(weight, Fan{4, 3}, rng);
  CHECK(weight == Matrix<>::Constant(3, 4, 0.1F));
  CHECK(rng.bits() == untouched.bits());
}

TEST_CASE("Constant: refuses a value that is not finite") {
  const auto text = [](const Constant& init) {
    return support::message_of<DataError>([&] {
      Rng rng{1};
      Matrix<> weight(1, 1);
      init(weight, Fan{1, 1}, rng);
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(text({.value = nan}) == "Constant: expected .value finite, got nan");
  CHECK(text({.value = infinity}) == "Constant: expected .value finite, got inf");
}

}  // namespace constant_test
