#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Normal distribution, independent of the fan: W ~ N(mean, deviation^2).
///
/// Throws   DataError when the mean is not finite, or the deviation is negative or not finite.
/// Example  examples/02_initialization.cpp
struct Normal {
  static constexpr std::string_view name = "Normal";

  double mean = 0;
  double deviation = 0.01;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    expect_finite({name, "mean", mean});
    expect_not_negative({name, "deviation", deviation});
    // An explicit fma: otherwise some compilers would fuse the expression and others not.
    for (T& w : weight.reshaped()) w = static_cast<T>(std::fma(deviation, rng.normal(), mean));
  }
};

}  // namespace descent
