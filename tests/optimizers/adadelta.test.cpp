#include "optimizers/fifty_steps.hpp"

using namespace descent;

TEST_CASE("Adadelta equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Adadelta{.rho = 0.9, .epsilon = 1e-4}, "opt_adadelta");
}
