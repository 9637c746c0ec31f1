#include "optimizers/fifty_steps.hpp"

namespace gradient_descent_test {

TEST_CASE("GradientDescent: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(descent::GradientDescent{.learning_rate = 0.1}, "opt_sgd");
}

}  // namespace gradient_descent_test
