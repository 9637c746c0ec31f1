#pragma once

#include <concepts>

#include "descent/core/concepts.hpp"

namespace descent {

/// W ~ U[low, high), independent of the fan. The variance is (high - low)^2 / 12.
struct Uniform {
  double low = -0.05;
  double high = 0.05;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    for (T& w : weight.reshaped()) w = static_cast<T>(low + (high - low) * rng.uniform());
  }
};

}  // namespace descent
