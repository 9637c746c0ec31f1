#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>

#include "catch.hpp"
#include "conformance/schedule_table.hpp"
#include "golden.hpp"

namespace schedules_test {

using namespace conformance;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("Schedule: equals the reference", "[conformance][golden]") {
  const auto cases = golden::read("schedules").at("cases");
  CHECK(cases.size() == std::tuple_size_v<decltype(schedules)>);
  for_each(schedules, [&](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      std::int64_t t = 0;
      for (const double expected : cases.at(row.golden)) {
        CAPTURE(t);
        CHECK_THAT(row.schedule(t++), WithinRel(expected, 1e-12) || WithinAbs(expected, 1e-16));
      }
    }
  });
}

TEST_CASE("Schedule: depends only on t and is the same in AnySchedule and LearningRate", "[conformance]") {
  for_each(schedules, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      static_assert(Schedule<std::remove_cvref_t<decltype(row.schedule)>>);
      const AnySchedule any = row.schedule;
      const LearningRate per_epoch = row.schedule, per_step = PerStep{row.schedule};
      for (const std::int64_t t : {40, 3, 0, 12, 3}) {  // in any order: a schedule has no state
        CAPTURE(t);
        const double rate = row.schedule(t);
        CHECK(any(t) == rate);
        CHECK(per_epoch(TrainingProgress{.step = 1000, .epoch = t}) == rate);
        CHECK(per_step(TrainingProgress{.step = t, .epoch = 1000}) == rate);
      }
    }
  });
}

TEST_CASE("Schedule: is finite and not negative for every t", "[conformance]") {
  for_each(schedules, [](const auto& row) {
    DYNAMIC_SECTION(row.name) {
      const auto expect_usable = [&](std::int64_t t) {
        CAPTURE(t);
        const double rate = row.schedule(t);
        CHECK(std::isfinite(rate));
        CHECK(rate >= 0);
      };
      for (std::int64_t t = 0; t < 100; ++t) expect_usable(t);
      expect_usable(1'000'000'000'000);
      expect_usable(std::numeric_limits<std::int64_t>::max());
    }
  });
}

}  // namespace schedules_test
