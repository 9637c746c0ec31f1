#pragma once

#include <concepts>

#include "descent/core/concepts.hpp"

namespace descent {

/// W ~ N(mean, deviation^2), independent of the fan.
struct Normal {
  double mean = 0;
  double deviation = 0.01;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    for (T& w : weight.reshaped()) w = static_cast<T>(mean + deviation * rng.normal());
  }
};

}  // namespace descent
