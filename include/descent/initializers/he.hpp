#pragma once

#include <cmath>
#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/uniform.hpp"

namespace descent::inline DESCENT_ABI {

/// He initialization, normal: W ~ N(0, 2 / n_in). Preserves the variance of the signal through layers of ReLU units.
///
/// Throws   ShapeError when n_in or n_out is not positive.
/// Source   He, Zhang, Ren, Sun: Delving deep into rectifiers (ICCV 2015), equation 10
/// Example  examples/02_initialization.cpp
struct HeNormal {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    expect_fan("HeNormal", fan);
    Normal{.deviation = std::sqrt(2.0 / static_cast<double>(fan.in))}(weight, fan, rng);
  }
};

/// He initialization, uniform: W ~ U[-a, a] with a = sqrt(6 / n_in), of the variance of HeNormal.
///
/// Throws   ShapeError when n_in or n_out is not positive.
struct HeUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    expect_fan("HeUniform", fan);
    const double a = std::sqrt(6.0 / static_cast<double>(fan.in));
    Uniform{.low = -a, .high = a}(weight, fan, rng);
  }
};

}  // namespace descent
