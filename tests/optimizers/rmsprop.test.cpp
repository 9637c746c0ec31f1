#include "optimizers/fifty_steps.hpp"

namespace rmsprop_test {

using namespace descent;

TEST_CASE("RMSprop: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(RMSprop{.learning_rate = 0.01}, "opt_rmsprop");
  equals_reference_for_fifty_steps(RMSprop{.learning_rate = 0.01, .centered = true}, "opt_rmsprop_centred");
  equals_reference_for_fifty_steps(RMSprop{.learning_rate = 0.003, .momentum = 0.9}, "opt_rmsprop_momentum");
  equals_reference_for_fifty_steps(RMSprop{.learning_rate = 0.003, .centered = true, .momentum = 0.9},
                                   "opt_rmsprop_centred_momentum");
}

TEST_CASE("RMSprop: stays finite if centered and the gradient is constant") {
  Dense<float> layer{[] {
    Rng rng{1};
    return Dense<float>{1, 1, rng};
  }()};
  Dense<float> gradient = layer;
  gradient.weight.setConstant(0.1F);
  gradient.bias.setConstant(-0.3F);
  const RMSprop optimizer{.epsilon = 1e-4, .centered = true};
  auto state = optimizer.init(layer);
  for (int k = 0; k < 1000; ++k) optimizer.step(layer, gradient, state);
  CHECK(all_finite(layer.weight));
  CHECK(all_finite(layer.bias));
}

}  // namespace rmsprop_test
