#pragma once

#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/variance_scaling.hpp"

namespace descent::inline DESCENT_ABI {

/// LeCun initialization, normal: W ~ N(0, 1 / n_in). Preserves the variance of the signal through activations whose
/// slope at 0 is 1, such as tanh; the initialization for SELU. A. Ng's course on improving deep networks calls it
/// Xavier.
///
/// Throws   ShapeError when n_in or n_out is not positive.
/// Source   LeCun, Bottou, Orr, Müller: Efficient BackProp (in Neural networks: tricks of the trade, 1998), 4.6
struct LeCunNormal {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_normal(weight, 1, detail::fan_in("LeCunNormal", fan), rng);
  }
};

/// LeCun initialization, uniform: W ~ U[-a, a] with a = sqrt(3 / n_in), of the variance of LeCunNormal.
///
/// Throws   ShapeError when n_in or n_out is not positive.
struct LeCunUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    detail::fill_uniform(weight, 1, detail::fan_in("LeCunUniform", fan), rng);
  }
};

}  // namespace descent
