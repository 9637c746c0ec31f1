#include "optimizers/fifty_steps.hpp"

namespace nesterov_test {

using namespace descent;

TEST_CASE("Nesterov: equals the reference for fifty steps in both forms", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Nesterov{.learning_rate = 0.05, .beta = 0.9, .velocity = Velocity::sum},
                                   "opt_nesterov");
  equals_reference_for_fifty_steps(Nesterov{.learning_rate = 0.5, .beta = 0.9}, "opt_nesterov");
}

}  // namespace nesterov_test
