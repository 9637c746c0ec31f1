#include "descent/schedules/exponential.hpp"

#include "catch.hpp"

namespace exponential_test {

using namespace descent;
using Catch::Matchers::WithinRel;

TEST_CASE("Exponential: alpha(t) is initial times decay_rate^t") {
  constexpr double rounding = 1e-15;
  const Exponential schedule{.initial = 0.2, .decay_rate = 0.5};
  CHECK(schedule(0) == 0.2);
  CHECK_THAT(schedule(1), WithinRel(0.1, rounding));
  CHECK_THAT(schedule(4), WithinRel(0.0125, rounding));
  CHECK_THAT(Exponential{}(2), WithinRel(0.1 * 0.95 * 0.95, rounding));
}

TEST_CASE("Exponential: underflows to zero") {
  const Exponential schedule{.initial = 1, .decay_rate = 0.5};
  CHECK(schedule(1'000'000) == 0);
}

}  // namespace exponential_test
