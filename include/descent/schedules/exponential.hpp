#pragma once

#include <cmath>
#include <cstdint>

namespace descent {

/// Exponential decay of a learning rate; t counts from 0.
///
///   alpha(t) = initial * decay_rate^t
struct Exponential {
  double initial = 0.1;
  double decay_rate = 0.95;

  double operator()(std::int64_t t) const { return initial * std::pow(decay_rate, static_cast<double>(t)); }
};

}  // namespace descent
