#pragma once

#include <Eigen/Core>
#include <concepts>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// The type of sizes and positions, which is signed.
using Index = Eigen::Index;

/// A matrix of any size, column by column: a column is a sample.
template <std::floating_point T = float>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A column of numbers.
template <std::floating_point T = float>
using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// The shape of one sample: `channels` features at each of `height` x `width` positions. Plain features are the
/// channels of a single position; a sequence of `time` steps is `{features, 1, time}`. In memory the channels vary
/// fastest, then the width.
struct Shape {
  Index channels = 1;
  Index height = 1;
  Index width = 1;

  /// Returns the number of rows of a batch of this shape: the product of the sizes, 0 if one is not positive, and at
  /// most 2^48, more than any memory holds, so that sums of a few do not overflow.
  Index size() const {
    if (((channels | height | width) >> 16) == 0) return channels * height * width;  // at most 2^48
    constexpr Index most = Index{1} << 48;
    if (channels < 1 || height < 1 || width < 1) return 0;
    if (channels > most / height || channels * height > most / width) return most;
    return channels * height * width;
  }
  /// Returns the number of positions, 1 for plain features.
  Index positions() const { return Shape{1, height, width}.size(); }

  friend bool operator==(const Shape&, const Shape&) = default;
};

}  // namespace descent
