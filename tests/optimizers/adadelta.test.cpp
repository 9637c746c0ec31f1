#include "optimizers/fifty_steps.hpp"

namespace adadelta_test {

using namespace descent;

TEST_CASE("Adadelta: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Adadelta{.rho = 0.9, .epsilon = 1e-4}, "opt_adadelta");
}

}  // namespace adadelta_test
