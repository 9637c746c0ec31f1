#pragma once

#include <cstdint>

#include "descent/core/options.hpp"
#include "descent/schedules/cosine.hpp"

namespace descent::inline DESCENT_ABI {

/// One-cycle policy: a learning rate that rises along half a cosine to its peak, then falls along another to nearly 0;
/// t counts from 0, usually in steps: `PerStep{OneCycle{.peak = 0.1, .steps = 10'000}}`.
///
///   alpha(0) = peak / start_divisor           alpha(rise_share * steps - 1) = peak
///   alpha(steps - 1) = alpha(0) / end_divisor      constant from there on
///
/// Equals the learning rate of PyTorch's OneCycleLR with its defaults. OneCycleLR also cycles the momentum, inversely;
/// this schedule does not.
///
/// Throws   DataError when called, if t is negative, `steps` is less than 1, `rise_share` not in [0, 1), a divisor not
///          positive, or the peak negative or not finite.
/// Source   Smith, Topin: Super-convergence: very fast training of neural networks using large learning rates
///          (arXiv:1708.07120, 2017); the cosines as in PyTorch
struct OneCycle {
  double peak = 0.1;
  std::int64_t steps = 0;  ///< in the unit of t: epochs, or steps within PerStep
  double rise_share = 0.3;
  double start_divisor = 25;
  double end_divisor = 1e4;

  double operator()(std::int64_t t) const {
    expect_time("OneCycle", t);
    expect_not_negative({"OneCycle", "peak", peak});
    expect_at_least_one({"OneCycle", "steps", static_cast<double>(steps), "say how long training lasts"});
    expect_share({"OneCycle", "rise_share", rise_share});
    expect_positive({"OneCycle", "start_divisor", start_divisor});
    expect_positive({"OneCycle", "end_divisor", end_divisor});
    const double start = peak / start_divisor, end = start / end_divisor;
    const double top = rise_share * static_cast<double>(steps) - 1, last = static_cast<double>(steps) - 1;
    const auto at = static_cast<double>(t);
    if (at >= last) return end;
    if (at < top) return detail::half_cosine(start, peak, at / top);
    return detail::half_cosine(peak, end, (at - top) / (last - top));
  }
};

}  // namespace descent
