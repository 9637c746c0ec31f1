#pragma once

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Adds Gaussian noise to every value: x' = x + N(0, deviation^2). The standard deviation is in the units of the data:
/// 0.05 suits pixels from 0 to 1.
///
/// Throws   DataError for a negative deviation.
/// Cost     one normal random number per value.
struct RandomNoise {
  double deviation = 0.05;

  void check() const { expect_not_negative({"RandomNoise", "deviation", deviation}); }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>&) const {
    check();
    for (T& value : image) value += static_cast<T>(deviation * rng.normal());
  }
};

}  // namespace descent
