#include "descent/schedules/warmup.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "catch.hpp"
#include "descent/schedules/cosine.hpp"

namespace warmup_test {

using namespace descent;
using Catch::Matchers::WithinRel;

namespace {

constexpr double rounding = 1e-14;
constexpr double peak = 0.2;
constexpr std::int64_t cosine_steps = 10;

/// The closed forms of PyTorch: SequentialLR([LinearLR(start_factor, total_iters=n), CosineAnnealingLR(T_max=10)],
/// milestones=[n]). At the milestone the second schedule starts at its own t = 0.
double pytorch(double start_factor, std::int64_t n, std::int64_t t) {
  if (t < n)
    return peak *
           (start_factor + (1 - start_factor) * static_cast<double>(std::min(n, t)) / static_cast<double>(n));
  const double share = static_cast<double>(t - n) / static_cast<double>(cosine_steps);
  return peak * (1 + std::cos(std::numbers::pi * share)) / 2;
}

}  // namespace

TEST_CASE("Warmup: equals LinearLR of PyTorch followed by another schedule") {
  const Cosine cosine{.initial = peak, .steps = cosine_steps};
  for (const std::int64_t n : {1, 2, 5, 7})
    for (std::int64_t t = 0; t <= n + cosine_steps; ++t) {
      CAPTURE(n, t);
      for (const double factor : {1.0 / 3, 0.1, 1.0})
        CHECK_THAT((Warmup{.steps = n, .then = cosine, .start_factor = factor}(t)),
                   WithinRel(pytorch(factor, n, t), rounding) || Catch::Matchers::WithinAbs(0, 1e-16));
      CHECK_THAT((Warmup{.steps = n, .then = cosine}(t)),
                 WithinRel(pytorch(1 / (static_cast<double>(n) + 1), n, t), rounding) ||
                     Catch::Matchers::WithinAbs(0, 1e-16));
    }
}

TEST_CASE("Warmup: the peak is at t = steps") {
  const Cosine cosine{.initial = peak, .steps = cosine_steps};
  for (const Warmup& warmup :
       {Warmup{.steps = 5, .then = cosine}, Warmup{.steps = 5, .then = cosine, .start_factor = 0.1}}) {
    CHECK(warmup(4) < peak);
    CHECK(warmup(5) == peak);
    CHECK(warmup(6) < peak);
  }
  CHECK((Warmup{.steps = 5, .then = cosine, .start_factor = 0}(0)) == 0);
  CHECK((Warmup{.steps = 0, .then = cosine, .start_factor = 0}(0)) == peak);
}

TEST_CASE("Warmup: a start factor below 0 or above 1 is refused") {
  for (const double wrong : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS((Warmup{.steps = 5, .then = peak, .start_factor = wrong}(0)), DataError);
}

}  // namespace warmup_test
