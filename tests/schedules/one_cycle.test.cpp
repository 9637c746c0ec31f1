#include "descent/schedules/one_cycle.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>

#include "catch.hpp"

namespace one_cycle_test {

using namespace descent;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// OneCycleLR.get_lr() of PyTorch with its defaults: the phases end at pct_start * total_steps - 1, usually not an
/// integer, and at total_steps - 1.
double pytorch(double max_lr, std::int64_t total_steps, double pct_start, std::int64_t step) {
  const double initial_lr = max_lr / 25, min_lr = initial_lr / 1e4;
  const double ends[] = {pct_start * static_cast<double>(total_steps) - 1,
                         static_cast<double>(total_steps) - 1};
  const double rates[] = {initial_lr, max_lr, min_lr};
  double start_step = 0;
  int phase = 0;
  if (static_cast<double>(step) > ends[0]) {
    start_step = ends[0];
    phase = 1;
  }
  const double pct = (static_cast<double>(step) - start_step) / (ends[phase] - start_step);
  const double start = rates[phase], end = rates[phase + 1];
  return end + (start - end) / 2 * (std::cos(std::numbers::pi * pct) + 1);
}

}  // namespace

TEST_CASE("OneCycle: equals OneCycleLR of PyTorch at every step") {
  for (const std::int64_t steps : {2, 7, 10, 21, 30, 100, 1001})
    for (const double share : {0.0, 0.05, 0.1, 0.25, 0.3, 0.7, 0.9}) {
      if (share * static_cast<double>(steps) == 1) continue;  // PyTorch divides by 0
      const OneCycle schedule{.peak = 0.1, .steps = steps, .rise_share = share};
      for (std::int64_t t = 0; t < steps; ++t) {
        CAPTURE(steps, share, t);
        CHECK_THAT(schedule(t), WithinRel(pytorch(0.1, steps, share, t), 1e-12) || WithinAbs(0, 1e-18));
      }
    }
}

}  // namespace one_cycle_test
