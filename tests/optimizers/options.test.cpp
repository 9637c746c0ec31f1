#include <limits>
#include <string>

#include "catch.hpp"
#include "descent/optimizers.hpp"
#include "optimizers/point.hpp"
#include "support.hpp"

namespace options_test {

using namespace descent;
using Catch::Matchers::StartsWith;

TEST_CASE("Optimizer: refuses bad options in init") {
  const Point point{Vector<double>::Zero(1)};
  const auto text = [&](const auto& optimizer) {
    return support::message_of<DataError>([&] { optimizer.init(point); });
  };
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(text(Adam{.beta1 = 1}) == "Adam: expected .beta1 in [0, 1), got 1");
  CHECK(text(Momentum{.beta = -0.1}) == "Momentum: expected .beta in [0, 1), got -0.1");
  CHECK_THAT(text(Nesterov{.beta = 1.5}), StartsWith("Nesterov: expected .beta"));
  CHECK_THAT(text(Adagrad{.epsilon = -1}), StartsWith("Adagrad: expected .epsilon"));
  CHECK_THAT(text(Adagrad{.initial_sum = -1}), StartsWith("Adagrad: expected .initial_sum"));
  CHECK_THAT(text(Adadelta{.rho = 1}), StartsWith("Adadelta: expected .rho"));
  CHECK_THAT(text(Adadelta{.epsilon = 0}), StartsWith("Adadelta: expected .epsilon"));
  CHECK_THAT(text(RMSprop{.beta = not_a_number}), StartsWith("RMSprop: expected .beta"));
  CHECK_THAT(text(RMSprop{.momentum = 1}), StartsWith("RMSprop: expected .momentum"));
  CHECK_THAT(text(RMSprop{.epsilon = -1}), StartsWith("RMSprop: expected .epsilon"));
  CHECK_THAT(text(Adam{.beta2 = not_a_number}), StartsWith("Adam: expected .beta2"));
  CHECK_THAT(text(AdamW{.weight_decay = -1}), StartsWith("AdamW: expected .weight_decay"));
  CHECK_THAT(text(AMSGrad{.epsilon = -1}), StartsWith("AMSGrad: expected .epsilon"));
  CHECK_THAT(text(Adamax{.epsilon = 0}), StartsWith("Adamax: expected .epsilon"));
  CHECK_THAT(text(Nadam{.momentum_decay = -1}), StartsWith("Nadam: expected .momentum_decay"));
  CHECK_THAT(text(Nadam{.momentum_decay = not_a_number}), StartsWith("Nadam: expected .momentum_decay"));
  CHECK_THAT(text(LBFGS{.history = 0}), StartsWith("LBFGS: expected .history"));
  CHECK_THAT(text(LBFGS{.curvature = -1}), StartsWith("LBFGS: expected .curvature"));
}

}  // namespace options_test
