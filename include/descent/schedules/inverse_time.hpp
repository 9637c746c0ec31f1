#pragma once

#include <cstdint>

#include "descent/core/options.hpp"

namespace descent {

/// Inverse-time decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial / (1 + decay_rate * t)
///
/// Throws   DataError when called, if t is negative, or an option is negative or not finite.
struct InverseTime {
  double initial = 0.1;
  double decay_rate = 1;

  double operator()(std::int64_t t) const {
    expect_time("InverseTime", t);
    expect_not_negative({"InverseTime", "initial", initial});
    expect_not_negative({"InverseTime", "decay_rate", decay_rate});
    return initial / (1 + decay_rate * static_cast<double>(t));
  }
};

}  // namespace descent
