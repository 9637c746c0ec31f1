#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/normal.hpp"
#include "descent/initializers/uniform.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns n_in. Throws ShapeError when n_in or n_out is not positive.
inline double fan_in(std::string_view component, const Fan& fan) {
  expect_fan(component, fan);
  return static_cast<double>(fan.in);
}

/// Returns (n_in + n_out) / 2. Throws ShapeError when n_in or n_out is not positive.
inline double fan_average(std::string_view component, const Fan& fan) {
  expect_fan(component, fan);
  return (static_cast<double>(fan.in) + static_cast<double>(fan.out)) / 2;
}

/// Fills W with numbers of the normal distribution with mean 0 and variance scale / n.
template <std::floating_point T>
void fill_normal(Matrix<T>& weight, double scale, double n, Rng& rng) {
  Normal{.deviation = std::sqrt(scale / n)}(weight, Fan{}, rng);
}

/// Fills W with numbers of the uniform distribution with mean 0 and variance scale / n: U[-a, a] with
/// a = sqrt(3 scale / n).
template <std::floating_point T>
void fill_uniform(Matrix<T>& weight, double scale, double n, Rng& rng) {
  const double a = std::sqrt(3 * scale / n);
  Uniform{.low = -a, .high = a}(weight, Fan{}, rng);
}

}  // namespace descent::detail
