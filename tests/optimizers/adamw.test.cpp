#include "optimizers/fifty_steps.hpp"

namespace adamw_test {

using namespace descent;

TEST_CASE("AdamW: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(AdamW{.learning_rate = 0.01, .weight_decay = 0.5, .decays = Decays::all},
                                   "opt_adamw");
}

TEST_CASE("AdamW: does not decay biases by default", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(AdamW{.learning_rate = 0.01, .weight_decay = 0.5}, "opt_adamw_weights");
}

TEST_CASE("AdamW: multiplies weights by 1 - alpha weight_decay if the gradient is zero") {
  Rng rng{1};
  Sequential net{Dense<double>{3, 2, rng}, BatchNorm<double>{2}};
  auto& dense = net.layer<0>();
  dense.bias.setConstant(2);
  const Matrix<double> before = dense.weight;
  const auto gradient = zeros_like(net);
  const AdamW optimizer{.learning_rate = 0.5, .weight_decay = 0.5};
  auto state = optimizer.init(net);
  optimizer.step(net, gradient, state);
  CHECK(dense.weight == 0.75 * before);
  CHECK(dense.bias == Vector<double>::Constant(2, 2));
  CHECK(net.layer<1>().gamma == Vector<double>::Ones(2));

  AdamW all = optimizer;
  all.decays = Decays::all;
  all.step(net, gradient, state);
  CHECK(dense.bias == Vector<double>::Constant(2, 1.5));
  CHECK(net.layer<1>().gamma == Vector<double>::Constant(2, 0.75));
}

TEST_CASE("AdamW: equals Adam bit by bit without decay") {
  Rng rng{1};
  Dense<> one{3, 2, rng}, other = one;
  const Dense<> gradient{3, 2, rng};
  const AdamW adamw{.weight_decay = 0};
  const Adam adam;
  auto a = adamw.init(one);
  auto b = adam.init(other);
  for (int k = 0; k < 10; ++k) {
    adamw.step(one, gradient, a);
    adam.step(other, gradient, b);
  }
  CHECK(one.weight == other.weight);
}

}  // namespace adamw_test
