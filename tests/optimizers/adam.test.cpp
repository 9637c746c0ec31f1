#include "optimizers/fifty_steps.hpp"

namespace adam_test {

TEST_CASE("Adam: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(descent::Adam{.learning_rate = 0.01}, "opt_adam");
}

}  // namespace adam_test
