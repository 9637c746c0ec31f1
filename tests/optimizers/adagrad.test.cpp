#include "optimizers/fifty_steps.hpp"

namespace adagrad_test {

using namespace descent;

TEST_CASE("Adagrad: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Adagrad{.learning_rate = 0.1}, "opt_adagrad");
  equals_reference_for_fifty_steps(Adagrad{.learning_rate = 0.1, .initial_sum = 0.1}, "opt_adagrad_initial");
}

}  // namespace adagrad_test
