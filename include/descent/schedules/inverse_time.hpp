#pragma once

#include <cstdint>

namespace descent {

/// Inverse-time decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial / (1 + decay_rate * t)
struct InverseTime {
  double initial = 0.1;
  double decay_rate = 1;

  double operator()(std::int64_t t) const { return initial / (1 + decay_rate * static_cast<double>(t)); }
};

}  // namespace descent
