#pragma once

#include <algorithm>

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Flips an image at random: left to right with probability `horizontal`, top to bottom with probability `vertical`.
/// Use only where mirroring keeps the label; not for digits.
///
/// Throws   DataError for a probability outside [0, 1].
struct RandomFlip {
  double horizontal = 0.5;
  double vertical = 0;

  void check() const {
    expect_probability({"RandomFlip", "horizontal", horizontal});
    expect_probability({"RandomFlip", "vertical", vertical});
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>&) const {
    check();
    const auto swap_pixels = [&](T* a, T* b) { std::swap_ranges(a, a + image.channels(), b); };
    if (rng.uniform() < horizontal)
      for (Index row = 0; row < image.height(); ++row)
        for (Index left = 0, right = image.width() - 1; left < right; ++left, --right)
          swap_pixels(image.pixel(row, left), image.pixel(row, right));
    if (rng.uniform() < vertical)
      for (Index top = 0, bottom = image.height() - 1; top < bottom; ++top, --bottom)
        for (Index column = 0; column < image.width(); ++column)
          swap_pixels(image.pixel(top, column), image.pixel(bottom, column));
  }
};

}  // namespace descent
