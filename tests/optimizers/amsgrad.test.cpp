#include "optimizers/fifty_steps.hpp"

namespace amsgrad_test {

using namespace descent;

TEST_CASE("AMSGrad: equals the reference for fifty steps", "[optimizers][golden]") {
  // With beta2 = 0.9 the maximum is often not the newest average.
  equals_reference_for_fifty_steps(AMSGrad{.learning_rate = 0.05, .beta2 = 0.9}, "opt_amsgrad");
}

}  // namespace amsgrad_test
