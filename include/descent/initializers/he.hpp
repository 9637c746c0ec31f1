#pragma once

#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/variance_scaling.hpp"

namespace descent::inline DESCENT_ABI {

/// He initialization, normal: W ~ N(0, 2 / n_in). Preserves the variance of the signal through layers of ReLU units.
///
/// Throws   ShapeError when n_in or n_out is not positive.
/// Source   He, Zhang, Ren, Sun: Delving deep into rectifiers (ICCV 2015), equation 10
/// Example  examples/02_initialization.cpp
struct HeNormal {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_normal(weight, 2, detail::fan_in("HeNormal", fan), rng);
  }
};

/// He initialization, uniform: W ~ U[-a, a] with a = sqrt(6 / n_in), of the variance of HeNormal.
///
/// Throws   ShapeError when n_in or n_out is not positive.
struct HeUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_uniform(weight, 2, detail::fan_in("HeUniform", fan), rng);
  }
};

}  // namespace descent
