#pragma once

#include <cstdint>

#include "descent/core/options.hpp"
#include "descent/schedules/cosine.hpp"

namespace descent {

/// Half cosines one after another: the learning rate falls, jumps back up, and falls again; t counts from 0.
///
///   alpha(t) = Cosine over `steps` of the time since the last restart
///
/// Each round lasts `growth` times as long as the one before: restarts at steps, steps (1 + growth),
/// steps (1 + growth + growth^2), ... What PyTorch's CosineAnnealingWarmRestarts calls T_0 and T_mult.
///
/// Throws   DataError when called, if t is negative, `steps` or `growth` is less than 1, or another option negative or not
///          finite.
/// Source   Loshchilov, Hutter: SGDR: stochastic gradient descent with warm restarts (ICLR 2017), section 3
struct CosineRestarts {
  double initial = 0.1;
  double final = 0;
  std::int64_t steps = 0;  ///< of the first round; epochs, or steps within PerStep
  std::int64_t growth = 1;

  double operator()(std::int64_t t) const {
    expect_time("CosineRestarts", t);
    expect_not_negative({"CosineRestarts", "initial", initial});
    expect_not_negative({"CosineRestarts", "final", final});
    expect_at_least_one(
        {"CosineRestarts", "steps", static_cast<double>(steps), "say how long a round lasts"});
    expect_at_least_one({"CosineRestarts", "growth", static_cast<double>(growth)});
    auto round = static_cast<double>(steps);  // in double, where long rounds do not overflow
    auto at = static_cast<double>(growth == 1 ? t % steps : t);
    for (; at >= round; round *= static_cast<double>(growth)) at -= round;
    return detail::half_cosine(initial, final, at / round);
  }
};

}  // namespace descent
