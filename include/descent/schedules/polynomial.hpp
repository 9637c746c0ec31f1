#pragma once

#include <cmath>
#include <cstdint>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Polynomial decay of a learning rate, linear by default; t counts from 0.
///
///   alpha(t) = final + (initial - final) (1 - t / steps)^power      final from t = steps on
///
/// Throws   DataError when called, if t is negative, `steps` is less than 1, or another option negative or not finite.
struct Polynomial {
  double initial = 0.1;
  double final = 0;
  std::int64_t steps = 0;  ///< in the unit of t: epochs, or steps within PerStep
  double power = 1;

  double operator()(std::int64_t t) const {
    expect_time("Polynomial", t);
    expect_not_negative({"Polynomial", "initial", initial});
    expect_not_negative({"Polynomial", "final", final});
    expect_not_negative({"Polynomial", "power", power});
    expect_at_least_one({"Polynomial", "steps", static_cast<double>(steps), "say how long the decay lasts"});
    if (t >= steps) return final;
    return final +
           (initial - final) * std::pow(1 - static_cast<double>(t) / static_cast<double>(steps), power);
  }
};

}  // namespace descent
