#pragma once

#include <cstdint>
#include <optional>

#include "descent/core/options.hpp"
#include "descent/schedules/any_schedule.hpp"

namespace descent::inline DESCENT_ABI {

/// Linear warmup: a learning rate that rises linearly to the initial value of another schedule and then follows it;
/// t counts from 0, and the other schedule counts from the end of the warmup.
///
///   alpha(t) = then(0) (s + (1 - s) t / steps)   for t < steps      alpha(t) = then(t - steps)   from t = steps on
///
/// s is `start_factor`. Its default 1 / (steps + 1) makes the factors (t + 1) / (steps + 1), so that no step is
/// wasted at a rate of 0. The peak then(0) is reached at t = steps, as in PyTorch's SequentialLR of a LinearLR with
/// that start_factor and total_iters = steps, and another schedule from milestone `steps` on; LinearLR's default is
/// 1/3.
///
///   Warmup{.steps = 5, .then = 0.1}
///   PerStep{Warmup{.steps = 500, .then = Cosine{.initial = 0.1, .steps = 10'000}}}
///
/// With 0 steps it equals the other schedule.
///
/// Throws   DataError when called, if t or `steps` is negative or `start_factor` not in [0, 1]; and as the other
///          schedule throws.
/// Source   Goyal et al.: Accurate, large minibatch SGD: training ImageNet in 1 hour (arXiv:1706.02677, 2017), 2.2
struct Warmup {
  std::int64_t steps = 5;  ///< in the unit of t: epochs, or steps within PerStep
  AnySchedule then = 0.1;
  std::optional<double> start_factor = {};  ///< share of the peak at t = 0

  double operator()(std::int64_t t) const {
    expect_time("Warmup", t);
    expect_not_negative({"Warmup", "steps", static_cast<double>(steps)});
    if (start_factor) expect_probability({"Warmup", "start_factor", *start_factor});
    if (t >= steps) return then(t - steps);
    const auto at = static_cast<double>(t), top = static_cast<double>(steps);
    if (!start_factor) return then(0) * (at + 1) / (top + 1);
    return then(0) * (*start_factor + (1 - *start_factor) * at / top);
  }
};

}  // namespace descent
