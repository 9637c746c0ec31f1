#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/layers/pooling/pooling.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `MaxPool2D`.
struct MaxPool2DOptions {
  Extent kernel = 2;
  Extent stride = 0;    ///< 0: the kernel, so that windows do not overlap
  Padding padding = 0;  ///< never the maximum
};

/// Maximum of each channel over windows of an image. Of several equal numbers, the first in the window gets the
/// gradient. The maximum of a window with a NaN is NaN.
///
///   Sequential{Conv2D{1, 6, rng, {.kernel = 5}}, ReLU{}, MaxPool2D{{.kernel = 2}}, ...}
///
/// Shapes   x {channels, height, width}   y {channels, (height + top + bottom - kernel) / stride + 1, ...}
/// Throws   ShapeError when the kernel is larger than the padded image, or the padding is not smaller than the kernel.
/// Cost     kernel * output size comparisons forward, one addition per output backward.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 9.3
template <std::floating_point T = float>
class MaxPool2D {
 public:
  static constexpr std::string_view name = "MaxPool2D";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    std::vector<std::int32_t> at;    // the place of each maximum in its sample
    std::vector<std::int32_t> from;  // of PoolingWalk
  };

  explicit MaxPool2D(const MaxPool2DOptions& options = {})
      : window_{detail::pooling_window(name, options.kernel, options.stride, options.padding)} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("kernel_height", tree.window_.kernel.height...);
    f("kernel_width", tree.window_.kernel.width...);
    detail::Window::visit_options(f, tree.window_...);
  }

  Shape output_shape(const Shape& in) const { return detail::pooled(name, window_, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape out = output_shape(x.shape());
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    c.at.resize(static_cast<std::size_t>(c.y.size()));
    detail::map_pooling(window_, x.shape(), out, c.from);
    const detail::PoolingWalk walk{window_, x.shape(), out, c.from};
    for_columns(pass.workers(), detail::pooling_cost(window_, out), x.samples(), [&](Index s) {
      forward(x.col(s).data(), walk, c.y.col(s).data(), c.at.data() + s * out.size());
    });
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, MaxPool2D&, const Pass& pass) const {
    expect_backward(name, {x.rows(), output_shape(x.shape()).size()}, x, dy, c.y);
    c.dx.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.samples(), [&](Index s) {
      T* dx = c.dx.col(s).data();
      std::fill_n(dx, x.rows(), T(0));
      const std::int32_t* at = c.at.data() + s * c.y.rows();
      for (Index i = 0; i < c.y.rows(); ++i) dx[at[i]] += dy(i, s);
    });
    return x.with_numbers(c.dx);
  }

 private:
  static void forward(const T* x, const detail::PoolingWalk& walk, T* values, std::int32_t* places) {
    begin(x, walk, values, places);
    walk([&](Index row, std::size_t first, std::size_t end, Index offset) {
      take_larger(values + row, places + row, walk.from.data(), x + offset, static_cast<std::int32_t>(offset),
                  first, end);
    });
  }
  /// A function of its own, since compilers believe only of parameters that they do not overlap.
  [[gnu::noinline]] static void take_larger(T* __restrict y, std::int32_t* __restrict at,
                                            const std::int32_t* __restrict from, const T* __restrict image,
                                            std::int32_t offset, std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      const T value = image[from[i]];
      const std::int32_t place = from[i] + offset;
      const bool is_more = (value > y[i]) | (value != value);
      y[i] = is_more ? value : y[i];
      at[i] = is_more ? place : at[i];
    }
  }
  /// Begins with the first number of each window that is inside the image, so that each maximum has a place.
  static void begin(const T* x, const detail::PoolingWalk& walk, T* values, std::int32_t* places) {
    const auto& [kernel, stride, dilation, padding] = walk.window;
    const Index c = walk.in.channels;
    for (Index i = 0, k = 0; i < walk.out.height; ++i)
      for (Index j = 0; j < walk.out.width; ++j, k += c) {
        const Index row = std::max(Index{0}, i * stride.height - padding.top),
                    column = std::max(Index{0}, j * stride.width - padding.left);
        const Index at = (row * walk.in.width + column) * c;
        std::copy_n(x + at, c, values + k);
        std::iota(places + k, places + k + c, static_cast<std::int32_t>(at));
      }
  }

  detail::Window window_;
};

}  // namespace descent
