#include "descent/schedules/per_step.hpp"

#include "catch.hpp"
#include "descent/schedules/inverse_time.hpp"

namespace per_step_test {

using namespace descent;

TEST_CASE("PerStep: passes the step to its schedule and not the epoch") {
  const PerStep schedule{InverseTime{.initial = 1, .decay_rate = 1}};
  CHECK(schedule({.step = 3, .epoch = 100}) == 0.25);
  CHECK(schedule({.step = 0, .epoch = 100}) == 1);
}

TEST_CASE("PerStep: takes a lambda") {
  const PerStep schedule{[](std::int64_t step) { return static_cast<double>(step) / 2; }};
  CHECK(schedule({.step = 5}) == 2.5);
}

}  // namespace per_step_test
