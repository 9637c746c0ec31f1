#pragma once

#include <cmath>
#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/uniform.hpp"

namespace descent {

/// W ~ N(0, 1 / n_in): keeps the size of the signal through layers whose slope at 0 is 1, such as tanh; for
/// SELU it is the right one. A. Ng's course on improving deep networks calls it Xavier.
///
/// Source   LeCun, Bottou, Orr, Müller: Efficient BackProp (in Neural networks: tricks of the trade,
/// 1998), 4.6
struct LeCunNormal {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    expect_fan("LeCunNormal", fan);
    Normal{.deviation = std::sqrt(1.0 / static_cast<double>(fan.in))}(weight, fan, rng);
  }
};

/// W ~ U[-a, a] with a = sqrt(3 / n_in): the variance of LeCunNormal.
struct LeCunUniform {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan& fan, Rng& rng) const {
    expect_fan("LeCunUniform", fan);
    const double a = std::sqrt(3.0 / static_cast<double>(fan.in));
    Uniform{.low = -a, .high = a}(weight, fan, rng);
  }
};

}  // namespace descent
