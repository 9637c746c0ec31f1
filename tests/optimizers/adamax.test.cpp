#include "optimizers/fifty_steps.hpp"

namespace adamax_test {

using namespace descent;

TEST_CASE("Adamax: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Adamax{.learning_rate = 0.01}, "opt_adamax");
}

}  // namespace adamax_test
