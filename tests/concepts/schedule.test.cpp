#include "descent/concepts/schedule.hpp"

#include <cstdint>
#include <string>

#include "catch.hpp"
#include "descent/schedules.hpp"

namespace schedule_test {

using namespace descent;

TEST_CASE("Schedule: requires a pure function from a count to a number") {
  auto lambda = [](std::int64_t t) { return 1.0 / static_cast<double>(t + 1); };
  auto capturing = [initial = 0.1](std::int64_t) { return initial; };  // not assignable, unlike `lambda`
  auto text = [](std::int64_t) { return std::string{}; };
  auto of_nothing = [] { return 0.1; };
  auto changing = [n = 0](std::int64_t) mutable { return static_cast<double>(++n); };
  STATIC_REQUIRE(Schedule<decltype(lambda)>);
  STATIC_REQUIRE(Schedule<decltype(capturing)>);
  STATIC_REQUIRE(Schedule<InverseTime>);
  STATIC_REQUIRE(Schedule<Exponential>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(text)>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(of_nothing)>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(changing)>);
  STATIC_REQUIRE_FALSE(Schedule<PerStep<InverseTime>>);
  STATIC_REQUIRE_FALSE(Schedule<double>);
}

}  // namespace schedule_test
