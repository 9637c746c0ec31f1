#pragma once

#include <cmath>
#include <cstdint>

#include "catch.hpp"
#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace support {

constexpr double uniform_kurtosis = 1.8;
constexpr double normal_kurtosis = 3;

/// Theoretical moments of the values that an initializer draws.
struct Moments {
  double mean = 0;
  double variance;
  double kurtosis;
};

/// Draws 120,000 weights and compares mean and variance with theory. The bounds are five standard errors,
/// sqrt(variance / n) and variance * sqrt((kurtosis - 1) / n): a correct initializer fails for one seed in two
/// million, and the seed is fixed.
template <class T>
descent::Matrix<T> expect_moments(const descent::Initializer<T> auto& init, const descent::Fan& fan,
                                  const Moments& theory) {
  // The shape differs from the fan, because an initializer must use the fan that the layer passes.
  descent::Matrix<T> weight(400, 300);
  descent::Rng rng{1};
  init(weight, fan, rng);

  const auto values = weight.template cast<double>().reshaped().array().eval();
  const auto n = static_cast<double>(values.size());
  const double mean = values.mean(), variance = (values - mean).square().mean();
  CHECK_THAT(mean, Catch::Matchers::WithinAbs(theory.mean, 5 * std::sqrt(theory.variance / n)));
  CHECK_THAT(variance, Catch::Matchers::WithinRel(theory.variance, 5 * std::sqrt((theory.kurtosis - 1) / n)));
  const double kurtosis = (values - mean).square().square().mean() / (variance * variance);
  constexpr double tells_normal_from_uniform = 0.1;
  CHECK_THAT(kurtosis, Catch::Matchers::WithinAbs(theory.kurtosis, tells_normal_from_uniform));
  return weight;
}

/// Compares with a uniform distribution: by its moments, and by the extremes, which are near the bounds but within.
template <class T>
void expect_uniform(const descent::Initializer<T> auto& init, const descent::Fan& fan, double low,
                    double high) {
  const auto weight = expect_moments<T>(
      init, fan,
      {.mean = (low + high) / 2, .variance = (high - low) * (high - low) / 12, .kurtosis = uniform_kurtosis});
  const double margin = 0.01 * (high - low);    // empty with probability 0.99^120000
  const double rounding = 1e-6 * (high - low);  // of a float
  CHECK(static_cast<double>(weight.minCoeff()) >= low - rounding);
  CHECK(static_cast<double>(weight.minCoeff()) < low + margin);
  CHECK(static_cast<double>(weight.maxCoeff()) <= high + rounding);
  CHECK(static_cast<double>(weight.maxCoeff()) > high - margin);
}

}  // namespace support
