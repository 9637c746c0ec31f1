#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
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

/// The options of `AveragePool2D`.
struct AveragePool2DOptions {
  Extent kernel = 2;
  Extent stride = 0;  ///< 0: the kernel, so that windows do not overlap
  Padding padding = 0;
  bool count_padding = true;  ///< false: divide by the number of pixels inside the image
};

/// Mean of each channel over windows of an image. By default the padding counts as zeros, as in PyTorch
/// (`count_include_pad`); ONNX by default does not count it.
///
/// Shapes   x {channels, height, width}   y {channels, (height + top + bottom - kernel) / stride + 1, ...}
/// Throws   ShapeError when the kernel is larger than the padded image, or the padding is not smaller than the kernel.
/// Cost     kernel * output size additions, forward and backward.
/// Source   LeCun et al.: Gradient-Based Learning Applied to Document Recognition (1998)
template <std::floating_point T = float>
class AveragePool2D {
 public:
  static constexpr std::string_view name = "AveragePool2D";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    Vector<T> share;                 // of a pixel in each number of the output, 1 / count
    std::vector<std::int32_t> from;  // of PoolingWalk
  };

  explicit AveragePool2D(const AveragePool2DOptions& options = {})
      : window_{detail::pooling_window(name, options.kernel, options.stride, options.padding)},
        count_padding_{options.count_padding} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("kernel_height", tree.window_.kernel.height...);
    f("kernel_width", tree.window_.kernel.width...);
    detail::Window::visit_options(f, tree.window_...);
    f("count_padding", tree.count_padding_...);
  }

  Shape output_shape(const Shape& in) const { return detail::pooled(name, window_, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape out = output_shape(x.shape());
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    detail::map_pooling(window_, x.shape(), out, c.from);
    set_shares(x.shape(), out, c.share);
    const detail::PoolingWalk walk{window_, x.shape(), out, c.from};
    for_columns(pass.workers(), detail::pooling_cost(window_, out), x.samples(), [&](Index s) {
      c.y.col(s).setZero();
      walk([&, x = x.col(s).data(), y = c.y.col(s).data(), from = c.from.data()](
               Index row, std::size_t first, std::size_t end, Index offset) {
        for (std::size_t i = first; i < end; ++i) y[row + static_cast<Index>(i)] += x[offset + from[i]];
      });
      c.y.col(s).array() *= c.share.array();
    });
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, AveragePool2D&, const Pass& pass) const {
    const Shape out = output_shape(x.shape());
    expect_backward(name, {x.rows(), out.size()}, x, dy, c.y);
    c.dx.resize(x.rows(), x.cols());
    const detail::PoolingWalk walk{window_, x.shape(), out, c.from};
    for_columns(pass.workers(), detail::pooling_cost(window_, out), x.samples(), [&](Index s) {
      c.dx.col(s).setZero();
      walk([&, dx = c.dx.col(s).data(), d = dy.col(s).data(), from = c.from.data()](
               Index row, std::size_t first, std::size_t end, Index offset) {
        for (std::size_t i = first; i < end; ++i) {
          const Index k = row + static_cast<Index>(i);
          dx[offset + from[i]] += d[k] * c.share(k);
        }
      });
    });
    return x.with_numbers(c.dx);
  }

 private:
  void set_shares(const Shape& in, const Shape& out, Vector<T>& share) const {
    share.resize(out.size());
    const auto& [kernel, stride, dilation, padding] = window_;
    const auto covered = [&](Index i, Index step, Index before, Index side, Index size) {
      return count_padding_
                 ? side
                 : std::min(size, i * step - before + side) - std::max(Index{0}, i * step - before);
    };
    for (Index i = 0, k = 0; i < out.height; ++i)
      for (Index j = 0; j < out.width; ++j, k += out.channels)
        share.segment(k, out.channels)
            .setConstant(T(1) / T(covered(i, stride.height, padding.top, kernel.height, in.height) *
                                  covered(j, stride.width, padding.left, kernel.width, in.width)));
  }

  detail::Window window_;
  bool count_padding_;
};

}  // namespace descent
