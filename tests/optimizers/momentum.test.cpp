#include "optimizers/fifty_steps.hpp"

namespace momentum_test {

using namespace descent;

TEST_CASE("Momentum: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Momentum{.learning_rate = 0.5, .beta = 0.9}, "opt_sgd_momentum_ewma");
}

TEST_CASE("Momentum: equals the reference with bias correction", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Momentum{.learning_rate = 0.5, .beta = 0.9, .bias_correction = true},
                                   "opt_momentum_corrected");
}

TEST_CASE("Momentum: the sum equals the average with learning rate alpha (1 - beta)",
          "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Momentum{.learning_rate = 0.05, .beta = 0.9, .velocity = Velocity::sum},
                                   "opt_momentum_sum");
  equals_reference_for_fifty_steps(Momentum{.learning_rate = 0.5, .beta = 0.9}, "opt_momentum_sum");
  equals_reference_for_fifty_steps(
      Momentum{.learning_rate = 0.05, .beta = 0.9, .velocity = Velocity::sum, .bias_correction = true},
      "opt_momentum_corrected");
}

}  // namespace momentum_test
