#include "descent/initializers/uniform.hpp"

#include <limits>

#include "initializers/moments.hpp"
#include "support.hpp"

namespace uniform_test {

using namespace descent;

TEMPLATE_TEST_CASE("Uniform: values are between the bounds for any fan", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{1, 1}}) {
    support::expect_uniform<TestType>(Uniform{}, fan, -0.05, 0.05);
    support::expect_uniform<TestType>(Uniform{.low = 1, .high = 3}, fan, 1, 3);
  }
}

TEST_CASE("Uniform: refuses bounds that are not finite") {
  const auto text = [](const Uniform& init) {
    return support::message_of<DataError>([&] {
      Rng rng{1};
      Matrix<> weight(1, 1);
      init(weight, Fan{1, 1}, rng);
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  CHECK(text({.low = nan}) == "Uniform: expected .low finite, got nan");
  CHECK(text({.low = -infinity}) == "Uniform: expected .low finite, got -inf");
  CHECK(text({.high = nan}) == "Uniform: expected .high finite, got nan");
  CHECK(text({.high = infinity}) == "Uniform: expected .high finite, got inf");
}

}  // namespace uniform_test
