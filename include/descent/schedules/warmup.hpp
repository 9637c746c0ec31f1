#pragma once

#include <cstdint>

#include "descent/core/options.hpp"
#include "descent/schedules/any_schedule.hpp"

namespace descent {

/// A learning rate that rises along a straight line to where another schedule begins, and then follows it;
/// t counts from 0, and that of the other from the end of the rise.
///
///   alpha(t) = then(0) (t + 1) / (steps + 1)   for t < steps      alpha(t) = then(t - steps)   after
///
///   Warmup{.steps = 5, .then = 0.1}
///   PerStep{Warmup{.steps = 500, .then = Cosine{.initial = 0.1, .steps = 10'000}}}
///
/// No step is lost at a rate of 0. With 0 steps it is the other schedule.
///
/// Throws   DataError when called, if t or `steps` is negative; what the other schedule throws.
/// Source   Goyal et al.: Accurate, large minibatch SGD: training ImageNet in 1 hour (arXiv:1706.02677, 2017), 2.2
struct Warmup {
  std::int64_t steps = 5;  ///< as many as t takes: epochs, or steps within PerStep
  AnySchedule then = 0.1;

  double operator()(std::int64_t t) const {
    expect_time("Warmup", t);
    expect_not_negative({"Warmup", "steps", static_cast<double>(steps)});
    if (t >= steps) return then(t - steps);
    return then(0) * (static_cast<double>(t) + 1) / (static_cast<double>(steps) + 1);
  }
};

}  // namespace descent
