#include <limits>

#include "optimizers/fifty_steps.hpp"

namespace nadam_test {

using namespace descent;

TEST_CASE("Nadam: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Nadam{.learning_rate = 0.01}, "opt_nadam");
}

TEST_CASE("Nadam: momentum_decay selects the forms of PyTorch and of Keras and the simple form",
          "[optimizers][golden]") {
  equals_reference_for_fifty_steps(Nadam{.learning_rate = 0.01, .momentum_decay = 1}, "opt_nadam_keras");
  constexpr double at_once = std::numeric_limits<double>::infinity();
  equals_reference_for_fifty_steps(Nadam{.learning_rate = 0.01, .momentum_decay = at_once},
                                   "opt_nadam_plain");
}

}  // namespace nadam_test
