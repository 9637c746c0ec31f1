#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent {

struct DropoutOptions {
  double keep = 0.5;            ///< the probability that a value stays; in [2^-16, 1]
  bool enabled = true;          ///< off: training passes everything on as inference does
  bool whole_channels = false;  ///< of images and sequences, drops a channel at all positions or at none
};

/// Inverted dropout: in training each value stays with probability `keep`, or becomes zero. What stays is
/// divided by `keep`, so that inference passes everything on as it is. A fresh mask for every step and
/// sample; backward uses that of forward.
///
/// The mask compares 16 random bits, so that its probability is the multiple of 2^-16 nearest to `keep`. The mean of
/// mask / keep then differs from 1 by at most 2^-17 / keep; the factor is exactly 1 / keep.
///
/// Neighboring positions of an image say nearly the same, so that single values that are dropped take little away:
/// `Dropout{{.keep = 0.8, .whole_channels = true}}` drops whole channels, as Dropout2d of PyTorch does.
///
/// Turned off, by the option or later by the member `enabled`, training is that of the network without
/// dropout: its cost should fall from epoch to epoch, which shows that all else is right.
///
///   y = x * mask / keep      dx = dy * mask / keep
///
/// Shapes   x, y of any shape
/// Throws   DataError when `keep` is not in [2^-16, 1], or a given mask has other numbers than 0 and 1; ShapeError
///          when the mask has another size than x.
/// Cost     one pass over the batch each way, and 16 random bits a value.
/// Source   Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout (JMLR 15, 2014)
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class Dropout {
 public:
  static constexpr std::string_view name = "Dropout";
  using Scalar = T;
  struct Cache {
    Matrix<T> mask;  // 0 or 1 / keep
    Matrix<T> product, dx;
    Batch<T> y;
    bool masked = false;
  };

  explicit Dropout(const DropoutOptions& options = {})
      : enabled(options.enabled), whole_channels_{options.whole_channels}, keep_{checked(options.keep)} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("keep", tree.keep_...);
    f("enabled", tree.enabled...);
    f("whole_channels", tree.whole_channels_...);
  }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    c.masked = enabled && pass.is_training();
    if (!c.masked) return c.y = x;
    draw_mask(x.shape(), x.samples(), c.mask, pass);
    return masked(x, c);
  }

  /// Computes a training pass with a given mask of zeros and ones instead of a drawn one, whatever `enabled` says: to
  /// check the equations by hand, or to repeat a mask as `(cache.mask.array() > 0).cast<T>()`. `backward` uses it, too.
  Batch<T> forward_with_mask(const Batch<T>& x, const Batch<T>& mask, Cache& c) const {
    if (mask.rows() != x.rows() || mask.cols() != x.cols())
      throw_error<ShapeError>(name,
                              {"expected a mask of ", x.rows(), " x ", x.cols(), " values, got ", mask.rows(),
                               " x ", mask.cols()},
                              "pass a number for each value of x");
    if (!all_finite(mask) || !(mask.array() == 0 || mask.array() == 1).all())
      throw_error<DataError>(name, {"expected a mask of zeros and ones, got other numbers"},
                             "leave the division by keep to the layer");
    c.masked = true;
    c.mask = mask * T(1 / keep_);
    return masked(x, c);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Dropout&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    if (!c.masked) return dy;
    c.dx = dy.cwiseProduct(c.mask);
    return x.with_numbers(c.dx);
  }

  double keep() const { return keep_; }

  bool enabled;

 private:
  static double checked(double keep) {
    if (!is_finite(keep) || keep < 0x1p-16 || keep > 1)
      throw DataError(name, detail::joined("expected a keep probability in [2^-16, 1], got ", keep),
                      "keep is the share of values that stay, not the share that is dropped");
    return keep;
  }

  static Batch<T> masked(const Batch<T>& x, Cache& c) {
    c.product = x.cwiseProduct(c.mask);
    return c.y = x.with_numbers(c.product);
  }

  void draw_mask(const Shape& shape, Index samples, Matrix<T>& mask, const Pass& pass) const {
    const T kept = T(1 / keep_);
    const auto threshold = static_cast<std::uint32_t>(std::round(keep_ * 65536));
    const Index drawn = whole_channels_ ? shape.channels : shape.size();
    mask.resize(shape.size(), samples);
    for (Index j = 0; j < samples; ++j) {
      for (Index i = 0; i < drawn; i += 128) {
        const auto draws = pass.random_u16(j, i / 128);
        T* const to = mask.col(j).data() + i;
        const auto count = static_cast<std::size_t>(std::min(Index{128}, drawn - i));
        for (std::size_t k = 0; k < count; ++k) to[k] = draws[k] < threshold ? kept : T(0);
      }
      for (Index i = drawn; i < shape.size(); ++i) mask(i, j) = mask(i - drawn, j);
    }
  }

  bool whole_channels_;
  double keep_;
};

}  // namespace descent
