#pragma once

#include <cmath>
#include <cstdint>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Inverse square root decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial * k / sqrt(t + 1)
///
/// Throws   DataError when called, if t is negative, or an option is negative or not finite.
struct InverseSqrt {
  double initial = 0.1;
  double k = 1;

  double operator()(std::int64_t t) const {
    expect_time("InverseSqrt", t);
    expect_not_negative({"InverseSqrt", "initial", initial});
    expect_not_negative({"InverseSqrt", "k", k});
    return initial * k / std::sqrt(static_cast<double>(t) + 1);
  }
};

}  // namespace descent
