#pragma once

#include <cmath>
#include <cstdint>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Exponential decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial * decay_rate^t
///
/// Throws   DataError when called, if t is negative, or an option is negative or not finite.
struct Exponential {
  double initial = 0.1;
  double decay_rate = 0.95;

  double operator()(std::int64_t t) const {
    expect_time("Exponential", t);
    expect_not_negative({"Exponential", "initial", initial});
    expect_not_negative({"Exponential", "decay_rate", decay_rate});
    return initial * std::pow(decay_rate, static_cast<double>(t));
  }
};

}  // namespace descent
