#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Adds rows and columns of zeros around images, or time steps around sequences.
///
///   ZeroPad2D{{1, 2, 1, 2}}     a row above and below, two columns at the left and right
///
/// `Conv2D` has its own padding, which costs less.
///
/// Shapes   x {channels, height, width}   y {channels, top + height + bottom, left + width + right}
/// Throws   ShapeError when a number of rows or columns is not from 0 to 2^20.
/// Cost     one pass over the output, forward and backward.
template <std::floating_point T = float>
class ZeroPad2D {
 public:
  static constexpr std::string_view name = "ZeroPad2D";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  explicit ZeroPad2D(const Padding& padding) : window_{detail::Window::checked(name, {1, 1, 1, padding})} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("padding_top", tree.window_.padding.top...);
    f("padding_left", tree.window_.padding.left...);
    f("padding_bottom", tree.window_.padding.bottom...);
    f("padding_right", tree.window_.padding.right...);
  }

  Shape output_shape(const Shape& in) const { return window_.output(name, in.channels, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape in = x.shape(), out = output_shape(in);
    c.y.resize(out.size(), x.samples());
    for_columns(pass.workers(), out.size(), x.samples(), [&](Index s) {
      c.y.col(s).setZero();
      for_rows(in, out, [&](Index row, Index padded, Index count) {
        c.y.col(s).segment(padded, count) = x.col(s).segment(row, count);
      });
    });
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, ZeroPad2D&, const Pass& pass) const {
    const Shape in = x.shape(), out = output_shape(in);
    expect_backward(name, {x.rows(), out.size()}, x, dy, c.y);
    c.dx.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.samples(), [&](Index s) {
      for_rows(in, out, [&](Index row, Index padded, Index count) {
        c.dx.col(s).segment(row, count) = dy.col(s).segment(padded, count);
      });
    });
    return x.with_numbers(c.dx);
  }

 private:
  /// Calls f(place in the image, place in the padded image, count) for the numbers of each row of an image.
  void for_rows(const Shape& in, const Shape& out, auto&& f) const {
    const Padding& p = window_.padding;
    const Index count = in.width * in.channels;
    for (Index i = 0; i < in.height; ++i)
      f(i * count, ((i + p.top) * out.width + p.left) * in.channels, count);
  }

  detail::Window window_;  // of a single pixel
};

}  // namespace descent
