#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/window.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The numbers between the pixels of an image: those of the nearest pixel, or on the lines between four.
enum class Interpolation { nearest, bilinear };

/// The options of `Upsample`.
struct UpsampleOptions {
  Extent factor = 2;
  Interpolation interpolation = Interpolation::nearest;
};

/// Enlarges images by whole factors. A pixel is an area, whose center is at its position plus one half, so that both
/// interpolations keep the image in place; bilinear ones repeat the border.
///
///   nearest    y(c, i, j) = x(c, i / factor, j / factor)
///   bilinear   y(c, i, j) = x(c, (i + 1/2) / factor - 1/2, (j + 1/2) / factor - 1/2), on the lines between pixels
///
/// It is PyTorch's Upsample with align_corners false.
///
/// Shapes   x {channels, height, width}   y {channels, factor height, factor width}
/// Throws   ShapeError when a factor is not from 1 to 1024.
/// Cost     one pass over the output nearest, four bilinear; the same backward.
/// Source   Odena, Dumoulin, Olah: Deconvolution and Checkerboard Artifacts (2016), for its use before a convolution
template <std::floating_point T = float>
class Upsample {
  /// The two pixels from which an output is interpolated, and the share of the second.
  struct Place {
    Index first, second;
    T share;
  };

 public:
  static constexpr std::string_view name = "Upsample";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    std::vector<Place> rows, columns;
  };

  explicit Upsample(const UpsampleOptions& options = {})
      : factor_{options.factor}, interpolation_{options.interpolation} {
    if (std::min(factor_.height, factor_.width) < 1 || std::max(factor_.height, factor_.width) > 1024)
      throw_error<ShapeError>(name,
                              {"expected .factor from 1 to 1024, got ", factor_.height, " x ", factor_.width},
                              "pass the whole factors of height and width");
  }

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("factor_height", tree.factor_.height...);
    f("factor_width", tree.factor_.width...);
    f("interpolation", tree.interpolation_...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.size() == 0 || in.size() > (Index{1} << 28))
      throw_error<ShapeError>(name, {"expected an image of 1 to 2^28 values, got ", in.size()},
                              "pass channels, height and width of a sample");
    return {in.channels, in.height * factor_.height, in.width * factor_.width};
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(name, x);
    const Shape in = x.shape(), out = output_shape(in);
    c.y.resize(out.size(), x.samples());
    if (x.samples() == 0) return {c.y.data(), out, 0};  // allocates nothing, however large the image
    set_places(in.height, factor_.height, c.rows);
    set_places(in.width, factor_.width, c.columns);
    for_columns(pass.workers(), out.size(), x.samples(), [&](Index s) {
      T* y = c.y.col(s).data();
      for_pixels(in, c, x.col(s).data(),
                 [&](const T* a, const T* b, const T* p, const T* q, T down, T across) {
                   if (interpolation_ == Interpolation::nearest)
                     std::copy_n(a, in.channels, y);
                   else
                     for (Index k = 0; k < in.channels; ++k)
                       y[k] = (1 - down) * ((1 - across) * a[k] + across * b[k]) +
                              down * ((1 - across) * p[k] + across * q[k]);
                   y += in.channels;
                 });
    });
    return {c.y.data(), out, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Upsample&, const Pass& pass) const {
    const Shape in = x.shape();
    expect_backward(name, {x.rows(), output_shape(in).size()}, x, dy, c.y);
    set_places(in.height, factor_.height, c.rows);
    set_places(in.width, factor_.width, c.columns);
    c.dx.resize(x.rows(), x.cols());
    for_columns(pass.workers(), dy.rows(), x.samples(), [&](Index s) {
      c.dx.col(s).setZero();
      const T* d = dy.col(s).data();
      for_pixels(in, c, c.dx.col(s).data(), [&](T* a, T* b, T* p, T* q, T down, T across) {
        if (interpolation_ == Interpolation::nearest)
          for (Index k = 0; k < in.channels; ++k) a[k] += d[k];
        else
          for (Index k = 0; k < in.channels; ++k) {
            a[k] += (1 - down) * (1 - across) * d[k];
            b[k] += (1 - down) * across * d[k];
            p[k] += down * (1 - across) * d[k];
            q[k] += down * across * d[k];
          }
        d += in.channels;
      });
    });
    return x.with_numbers(c.dx);
  }

 private:
  void set_places(Index size, Index factor, std::vector<Place>& places) const {
    places.clear();
    for (Index i = 0; i < size * factor; ++i) {
      // (i + 1/2) / factor - 1/2 as a fraction of 2 factor, from 0 on.
      const Index twice = std::max(Index{0}, 2 * i + 1 - factor), first = twice / (2 * factor);
      if (interpolation_ == Interpolation::nearest)
        places.push_back({i / factor, i / factor, T(0)});
      else
        places.push_back({first, std::min(first + 1, size - 1), T(twice % (2 * factor)) / T(2 * factor)});
    }
  }

  /// Calls f(four pixels of the image, the shares of the lower and of the right ones) for each pixel of the output.
  static void for_pixels(const Shape& in, const Cache& c, auto* image, auto&& f) {
    for (const Place& row : c.rows) {
      auto *above = image + row.first * in.width * in.channels,
           *below = image + row.second * in.width * in.channels;
      for (const Place& column : c.columns) {
        const Index left = column.first * in.channels, right = column.second * in.channels;
        f(above + left, above + right, below + left, below + right, row.share, column.share);
      }
    }
  }

  Extent factor_;
  Interpolation interpolation_;
};

}  // namespace descent
