#pragma once

#include <cmath>
#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/uniform.hpp"

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
    expect_fan("LeCunNormal", fan);
    Normal{.deviation = std::sqrt(1.0 / static_cast<double>(fan.in))}(weight, fan, rng);
  }
};

/// LeCun initialization, uniform: W ~ U[-a, a] with a = sqrt(3 / n_in), of the variance of LeCunNormal.
///
/// Throws   ShapeError when n_in or n_out is not positive.
struct LeCunUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    expect_fan("LeCunUniform", fan);
    const double a = std::sqrt(3.0 / static_cast<double>(fan.in));
    Uniform{.low = -a, .high = a}(weight, fan, rng);
  }
};

}  // namespace descent
