#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Uniform distribution, independent of the fan: W ~ U[low, high). The variance is (high - low)^2 / 12.
///
/// Throws   DataError when a bound is not finite.
struct Uniform {
  static constexpr std::string_view name = "Uniform";

  double low = -0.05;
  double high = 0.05;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    expect_finite({name, "low", low});
    expect_finite({name, "high", high});
    // An explicit fma: otherwise some compilers would fuse the expression and others not.
    for (T& w : weight.reshaped()) w = static_cast<T>(std::fma(high - low, rng.uniform(), low));
  }
};

}  // namespace descent
