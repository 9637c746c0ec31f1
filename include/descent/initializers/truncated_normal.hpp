#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Truncated normal distribution, independent of the fan: W ~ N(mean, deviation^2), drawn again where it is further
/// than `cut` deviations from the mean. Keras also cuts at 2.
///
/// `deviation` is the standard deviation before truncation. After it the variance is
///   deviation^2 * (1 - 2 c phi(c) / (2 Phi(c) - 1)),   c = cut;   for c = 2 it is 0.7737 * deviation^2
///
/// Throws   DataError when `cut` is below 0.01, the mean is not finite, or the deviation is negative or not finite.
/// Source   Johnson, Kotz, Balakrishnan: Continuous univariate distributions 1, chapter 13
struct TruncatedNormal {
  static constexpr std::string_view name = "TruncatedNormal";

  double mean = 0;
  double deviation = 0.01;
  double cut = 2;  ///< in standard deviations

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng& rng) const {
    expect_finite({name, "mean", mean});
    expect_not_negative({name, "deviation", deviation});
    constexpr double narrowest = 0.01;  // keeps one of 125 draws
    expect_positive({name, "cut", cut, "choose a number of deviations, such as 2"});
    if (cut < narrowest)
      throw DataError(name, detail::joined("expected .cut of at least ", narrowest, ", got ", cut),
                      "use Uniform, which is nearly the same for a cut that narrow");
    for (T& w : weight.reshaped()) {
      double z = rng.normal();
      while (std::abs(z) > cut) z = rng.normal();
      w = static_cast<T>(std::fma(deviation, z, mean));  // an explicit fma, as in Normal
    }
  }
};

}  // namespace descent
