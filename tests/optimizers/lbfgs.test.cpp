#include "optimizers/fifty_steps.hpp"
#include "optimizers/point.hpp"

namespace lbfgs_test {

using namespace descent;

TEST_CASE("LBFGS: equals the reference for fifty steps", "[optimizers][golden]") {
  equals_reference_for_fifty_steps(LBFGS{.learning_rate = 0.1, .history = 5}, "opt_lbfgs");
}

TEST_CASE("LBFGS: skips pairs without positive curvature") {
  const LBFGS optimizer{.learning_rate = 0.1};
  Point point{Vector<double>{{0.1, 1}}};
  auto state = optimizer.init(point);
  for (int k = 0; k < 5; ++k) {  // descends the saddle (b^2 - a^2) / 2 along a
    const Point gradient{Vector<double>{{-point.w(0), 0}}};
    const double before = point.w(0);
    optimizer.step(point, gradient, state);
    CHECK(point.w(0) > before);
  }
  CHECK(state.steps.empty());
}

TEST_CASE("LBFGS: keeps no more pairs than its history") {
  Rng rng{1};
  Dense<double> layer{3, 2, rng};
  const LBFGS optimizer{.learning_rate = 0.1, .history = 3};
  auto state = optimizer.init(layer);
  for (int k = 0; k < 10; ++k) {
    Dense<double> gradient = layer;
    flat(gradient.weight) *= Eigen::ArrayXd::LinSpaced(6, 1, 2);
    optimizer.step(layer, gradient, state);
  }
  CHECK(state.steps.size() == 3);
  CHECK(state.changes.size() == 3);
}

TEST_CASE("LBFGS: refuses a history of 0 at each step") {
  Rng rng{1};
  Sequential net{Dense{2, 1, rng}};
  LBFGS optimizer;
  auto state = optimizer.init(net);
  optimizer.history = 0;
  CHECK_THROWS_AS(optimizer.step(net, Sequential{net}, state), DataError);
}

}  // namespace lbfgs_test
