#include "descent/initializers/uniform.hpp"

#include "initializers/moments.hpp"

using namespace descent;

TEMPLATE_TEST_CASE("Uniform: between the bounds, whatever the fan", "", float, double) {
  for (const Fan fan : {Fan{400, 300}, Fan{1, 1}}) {
    support::expect_uniform<TestType>(Uniform{}, fan, -0.05, 0.05);
    support::expect_uniform<TestType>(Uniform{.low = 1, .high = 3}, fan, 1, 3);
  }
}
