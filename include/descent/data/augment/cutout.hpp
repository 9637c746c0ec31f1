#pragma once

#include <algorithm>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/data/augment/image.hpp"

namespace descent::inline DESCENT_ABI {

/// Sets a square of an image to 0 in all channels. Its center is uniform over the image, so that a part of it may be
/// outside. The network learns not to depend on a single detail.
///
/// Throws   DataError for a side below 1 or above 2^20.
/// Source   DeVries, Taylor: Improved Regularization of Convolutional Neural Networks with Cutout (2017)
struct Cutout {
  Index side = 8;  ///< of the square, in pixels

  void check() const {
    if (side < 1 || side > (1 << 20))
      throw DataError("Cutout", detail::joined("expected .side from 1 to 2^20, got ", side),
                      "choose about a quarter of the width, such as 8 for 32 x 32 pixels");
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>&) const {
    check();
    const Index top = rng.below(image.height()) - side / 2, left = rng.below(image.width()) - side / 2;
    const Index first = std::max(Index{0}, left), end = std::min(image.width(), left + side);
    for (Index row = std::max(Index{0}, top); row < std::min(image.height(), top + side); ++row)
      std::fill(image.pixel(row, first), image.pixel(row, end), T(0));
  }
};

}  // namespace descent
