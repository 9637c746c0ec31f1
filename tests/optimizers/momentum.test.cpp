#include "optimizers/fifty_steps.hpp"

TEST_CASE("Momentum equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(descent::Momentum{.learning_rate = 0.5, .beta = 0.9}, "opt_sgd_momentum_ewma");
}
