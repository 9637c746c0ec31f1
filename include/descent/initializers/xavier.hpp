#pragma once

#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/variance_scaling.hpp"

namespace descent::inline DESCENT_ABI {

/// Xavier (Glorot) initialization, normal: W ~ N(0, 2 / (n_in + n_out)). Preserves the variance of signal and gradient
/// through layers of tanh units.
///
/// Throws   ShapeError when n_in or n_out is not positive.
/// Source   Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks
///          (AISTATS 2010), equation 12
struct XavierNormal {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_normal(weight, 1, detail::fan_average("XavierNormal", fan), rng);
  }
};

/// Xavier (Glorot) initialization, uniform: W ~ U[-a, a] with a = sqrt(6 / (n_in + n_out)), of the variance of
/// XavierNormal.
///
/// Throws   ShapeError when n_in or n_out is not positive.
/// Source   as for XavierNormal, equation 16
struct XavierUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_uniform(weight, 1, detail::fan_average("XavierUniform", fan), rng);
  }
};

}  // namespace descent
