#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
/// Interpolates between two values along half a cosine; share in [0, 1].
inline double half_cosine(double from, double to, double share) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}
}  // namespace detail

/// Cosine annealing: a learning rate that falls along half a cosine; t counts from 0.
///
///   alpha(t) = final + (initial - final) / 2 * (1 + cos(pi t / steps))      final from t = steps on
///
/// PyTorch's CosineAnnealingLR rises again after `steps`; this schedule stays at `final`. `CosineRestarts` restarts.
///
/// Throws   DataError when called, if t is negative, `steps` is less than 1, or another option negative or not finite.
/// Source   Loshchilov, Hutter: SGDR: stochastic gradient descent with warm restarts (ICLR 2017), equation 5
/// Example  examples/07_mnist.cpp
struct Cosine {
  double initial = 0.1;
  double final = 0;
  std::int64_t steps = 0;  ///< in the unit of t: epochs, or steps within PerStep

  double operator()(std::int64_t t) const {
    expect_time("Cosine", t);
    expect_not_negative({"Cosine", "initial", initial});
    expect_not_negative({"Cosine", "final", final});
    expect_at_least_one({"Cosine", "steps", static_cast<double>(steps), "say how long the decay lasts"});
    if (t >= steps) return final;
    return detail::half_cosine(initial, final, static_cast<double>(t) / static_cast<double>(steps));
  }
};

}  // namespace descent
