#include "descent/schedules/inverse_time.hpp"

#include "catch.hpp"
#include "descent/core/errors.hpp"

namespace inverse_time_test {

using namespace descent;
using Catch::Matchers::WithinRel;

TEST_CASE("InverseTime: alpha(t) is initial / (1 + decay_rate t)") {
  constexpr double rounding = 1e-15;
  const InverseTime schedule{.initial = 0.2, .decay_rate = 1};
  CHECK(schedule(0) == 0.2);
  CHECK_THAT(schedule(1), WithinRel(0.1, rounding));
  CHECK_THAT(schedule(3), WithinRel(0.05, rounding));
  CHECK_THAT(InverseTime{}(1), WithinRel(0.05, rounding));
}

TEST_CASE("InverseTime: is constant without decay") {
  const InverseTime still{.initial = 0.3, .decay_rate = 0};
  CHECK(still(1'000'000'000'000) == 0.3);
}

TEST_CASE("InverseTime: every stretches the time as decay_steps of Keras does") {
  // Keras: initial_learning_rate / (1 + decay_rate * step / decay_steps)
  const InverseTime schedule{.initial = 0.1, .decay_rate = 0.5, .every = 10};
  CHECK(schedule(0) == 0.1);
  CHECK_THAT(schedule(5), WithinRel(0.1 / 1.25, 1e-15));
  CHECK_THAT(schedule(10), WithinRel(0.1 / 1.5, 1e-15));
  CHECK_THAT(schedule(20), WithinRel(0.05, 1e-15));
  CHECK_THROWS_AS((InverseTime{.every = 0}(1)), DataError);
}

}  // namespace inverse_time_test
