#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the window of a pooling layer, each of which covers a pixel of the image. A stride of 0 is the kernel.
inline Window pooling_window(std::string_view component, const Extent& kernel, const Extent& stride,
                             const Padding& padding) {
  const Window window =
      Window::checked(component, {kernel, stride == Extent{0} ? kernel : stride, 1, padding});
  const auto& [top, left, bottom, right] = window.padding;
  if (std::max(top, bottom) >= kernel.height || std::max(left, right) >= kernel.width)
    throw_error<ShapeError>(component,
                            {"expected .padding smaller than the kernel of ", kernel.height, " x ",
                             kernel.width, ", got ", top, ", ", left, ", ", bottom, ", ", right},
                            "choose a larger kernel or less padding");
  return window;
}

/// The part of a row or a column of the image that a place in the window meets, as the outputs from `first` to `end`.
struct Met {
  Index first, end;

  /// The outputs whose place `tap` is inside an image of `size`.
  static Met inside(Index tap, Index stride, Index padding, Index size, Index outputs) {
    const Index before = padding - tap, first = before > 0 ? (before + stride - 1) / stride : 0;
    const Index last = size - 1 + before;
    return {std::min(first, outputs), last < 0 ? 0 : std::min(outputs, last / stride + 1)};
  }
};

/// Walks over the windows of a sample.
struct PoolingWalk {
  Window window;
  Shape in, out;
  /// For each number of a row of the output, the number of a row of the image at the window's left edge.
  const std::vector<std::int32_t>& from;

  /// Calls f(row of the output, tap, first, end, offset) for each place in the window, in order, with the numbers of
  /// that row that meet the image there: number i of the output meets the number from[i] + offset of the image.
  void operator()(auto&& f) const {
    const Index c = in.channels;
    for (Index i = 0; i < out.height; ++i)
      for (Index u = 0; u < window.kernel.height; ++u) {
        const Index y = i * window.stride.height + u - window.padding.top;
        if (y < 0 || y >= in.height) continue;
        for (Index v = 0; v < window.kernel.width; ++v) {
          const Met met = Met::inside(v, window.stride.width, window.padding.left, in.width, out.width);
          f(i * out.width * c, static_cast<std::size_t>(met.first * c), static_cast<std::size_t>(met.end * c),
            (y * in.width + v - window.padding.left) * c);
        }
      }
  }
};

/// Fills the map of a walk.
inline void map_pooling(const Window& window, const Shape& in, const Shape& out,
                        std::vector<std::int32_t>& from) {
  from.resize(static_cast<std::size_t>(out.width * in.channels));
  for (Index i = 0; i < out.width * in.channels; ++i)
    from[static_cast<std::size_t>(i)] =
        static_cast<std::int32_t>(i / in.channels * window.stride.width * in.channels + i % in.channels);
}

/// Returns the cost of a sample.
inline Index pooling_cost(const Window& window, const Shape& out) {
  return out.size() * window.kernel.height * window.kernel.width;
}

/// Returns the shape of the output of a pooling layer.
inline Shape pooled(std::string_view component, const Window& window, const Shape& in) {
  if (in.size() > std::numeric_limits<std::int32_t>::max() / 2)
    throw_error<ShapeError>(component, {"expected images of at most 2^30 values, got ", in.size()},
                            "pass smaller images");
  return window.output(component, in.channels, in);
}

}  // namespace descent::detail
