#pragma once

#include <cstddef>

#include "descent/core/errors.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Pads an image with `padding` zeros on each side and crops it to the old size at random: a shift by whole pixels,
/// from -padding to padding in each direction.
///
/// Throws   DataError for a negative padding, or one above 2^20.
/// Source   He, Zhang, Ren, Sun: Deep residual learning for image recognition (CVPR 2016), 4.2
struct RandomCrop {
  Index padding = 4;

  void check() const {
    if (padding < 0 || padding > (1 << 20))
      throw DataError("RandomCrop", detail::joined("expected .padding from 0 to 2^20, got ", padding),
                      "choose about an eighth of the width, such as 4 for 32 x 32 pixels");
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>& scratch) const {
    check();
    const Index down = rng.below(2 * padding + 1) - padding;
    const Index right = rng.below(2 * padding + 1) - padding;
    scratch.assign(image.begin(), image.end());
    const Image<T> source{scratch.data(), {image.channels(), image.height(), image.width()}};
    for (Index row = 0; row < image.height(); ++row)
      for (Index column = 0; column < image.width(); ++column) {
        const Index r = row + down, c = column + right;
        const bool inside = r >= 0 && r < image.height() && c >= 0 && c < image.width();
        for (Index k = 0; k < image.channels(); ++k) image(k, row, column) = inside ? source(k, r, c) : T(0);
      }
  }
};

}  // namespace descent
