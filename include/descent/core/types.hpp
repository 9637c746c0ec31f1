#pragma once

#include <Eigen/Core>
#include <concepts>

namespace descent {

using Index = Eigen::Index;

template <std::floating_point T = float>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template <std::floating_point T = float>
using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// What one sample is: `channels` features at each of `height` x `width` positions. Plain features are
/// channels at a single position. In memory the channels vary fastest.
struct Shape {
  Index channels = 1;
  Index height = 1;
  Index width = 1;

  /// The rows that a sample takes in a batch.
  Index size() const { return channels * height * width; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

}  // namespace descent
