#pragma once

#include <cstdint>

#include "descent/core/options.hpp"
#include "descent/schedules/cosine.hpp"

namespace descent::inline DESCENT_ABI {

/// Cosine annealing with warm restarts: the learning rate falls along half a cosine, jumps back to `initial`, and
/// falls again; t counts from 0.
///
///   alpha(t) = Cosine of the time since the last restart
///
/// Each period is `growth` times as long as the previous one, with restarts at steps, steps (1 + growth),
/// steps (1 + growth + growth^2), ... PyTorch's CosineAnnealingWarmRestarts calls `steps` T_0 and `growth` T_mult.
///
/// Throws   DataError when called, if t is negative, `steps` or `growth` is less than 1, or another option negative
///          or not finite.
/// Source   Loshchilov, Hutter: SGDR: stochastic gradient descent with warm restarts (ICLR 2017), section 3
struct CosineRestarts {
  double initial = 0.1;
  double final = 0;
  std::int64_t steps = 0;  ///< of the first period: epochs, or steps within PerStep
  std::int64_t growth = 1;

  double operator()(std::int64_t t) const {
    expect_time("CosineRestarts", t);
    expect_not_negative({"CosineRestarts", "initial", initial});
    expect_not_negative({"CosineRestarts", "final", final});
    expect_at_least_one(
        {"CosineRestarts", "steps", static_cast<double>(steps), "say how long the first period lasts"});
    expect_at_least_one({"CosineRestarts", "growth", static_cast<double>(growth)});
    auto period = static_cast<double>(steps);  // in double, so that long periods do not overflow
    auto at = static_cast<double>(growth == 1 ? t % steps : t);
    for (; at >= period; period *= static_cast<double>(growth)) at -= period;
    return detail::half_cosine(initial, final, at / period);
  }
};

}  // namespace descent
