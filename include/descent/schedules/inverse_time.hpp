#pragma once

#include <cstdint>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Inverse-time decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial / (1 + decay_rate * t / every)
///
/// Keras's InverseTimeDecay calls `every` decay_steps.
///
/// Throws   DataError when called, if t is negative, `every` is less than 1, or another option negative or not finite.
/// Example  examples/05_optimizers.cpp
struct InverseTime {
  double initial = 0.1;
  double decay_rate = 1;
  std::int64_t every = 1;

  double operator()(std::int64_t t) const {
    expect_time("InverseTime", t);
    expect_not_negative({"InverseTime", "initial", initial});
    expect_not_negative({"InverseTime", "decay_rate", decay_rate});
    expect_at_least_one({"InverseTime", "every", static_cast<double>(every)});
    return initial / (1 + decay_rate * static_cast<double>(t) / static_cast<double>(every));
  }
};

}  // namespace descent
