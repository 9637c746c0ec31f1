#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <vector>

#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A view of one column of a batch as an image; passed by value.
template <std::floating_point T>
class Image {
 public:
  Image(T* values, const Shape& shape) : values_{values}, shape_{shape} {}

  T& operator()(Index channel, Index row, Index column) const { return pixel(row, column)[channel]; }
  /// Returns the first channel of a pixel; its channels are contiguous.
  T* pixel(Index row, Index column) const {
    return values_ + shape_.channels * (column + shape_.width * row);
  }
  T* begin() const { return values_; }
  T* end() const { return values_ + size(); }

  Index channels() const { return shape_.channels; }
  Index height() const { return shape_.height; }
  Index width() const { return shape_.width; }
  Index size() const { return shape_.size(); }

 private:
  T* values_;
  Shape shape_;
};

/// A random transform of one image. `scratch` is working memory of any size and content, which keeps its capacity from
/// image to image.
template <class A, class T>
concept ImageTransform =
    std::copy_constructible<A> && requires(const A& transform, Image<T> image, Rng& rng,
                                           std::vector<T>& scratch) { transform(image, rng, scratch); };

namespace detail {

/// A position in an image, in pixels; (0, 0) is the center of the first pixel.
struct ImagePoint {
  double column, row;
};

/// Sets every pixel to the value of the image at `position(column, row)`, interpolated bilinearly, with 0 outside of
/// the image. Uses image.size() values of `scratch`.
template <std::floating_point T>
void resample(Image<T> image, std::vector<T>& scratch, auto&& position) {
  if (scratch.size() < static_cast<std::size_t>(image.size()))
    scratch.resize(static_cast<std::size_t>(image.size()));
  std::copy(image.begin(), image.end(), scratch.begin());
  const Image<T> source{scratch.data(), {image.channels(), image.height(), image.width()}};
  std::fill(image.begin(), image.end(), T(0));

  const auto height = static_cast<double>(image.height()), width = static_cast<double>(image.width());
  for (Index row = 0; row < image.height(); ++row)
    for (Index column = 0; column < image.width(); ++column) {
      const ImagePoint at = position(column, row);
      if (!is_finite(at.column + at.row) || at.column <= -1 || at.column >= width || at.row <= -1 ||
          at.row >= height)
        continue;
      const double left = std::floor(at.column), top = std::floor(at.row);
      const auto to_right = static_cast<T>(at.column - left), to_bottom = static_cast<T>(at.row - top);
      const auto r = static_cast<Index>(top), c = static_cast<Index>(left);
      const auto above = (1 - to_bottom), below = to_bottom, before = (1 - to_right), after = to_right;
      T* const pixel = image.pixel(row, column);
      if (r >= 0 && c >= 0 && r + 1 < image.height() && c + 1 < image.width()) {
        const T *const p = source.pixel(r, c), *const q = source.pixel(r + 1, c);
        const Index n = image.channels();
        for (Index k = 0; k < n; ++k)
          pixel[k] = above * (before * p[k] + after * p[k + n]) + below * (before * q[k] + after * q[k + n]);
        continue;
      }
      const auto add = [&](Index from_row, Index from_column, T weight) {
        const bool inside =
            from_row >= 0 && from_row < image.height() && from_column >= 0 && from_column < image.width();
        if (!inside) return;
        for (Index k = 0; k < image.channels(); ++k) pixel[k] += weight * source(k, from_row, from_column);
      };
      add(r, c, above * before);
      add(r, c + 1, above * after);
      add(r + 1, c, below * before);
      add(r + 1, c + 1, below * after);
    }
}

}  // namespace detail

}  // namespace descent
