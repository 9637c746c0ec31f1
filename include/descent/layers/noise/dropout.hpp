#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/layers/noise/keep_mask.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `Dropout`.
struct DropoutOptions {
  double keep = 0.5;            ///< the probability of keeping a value, in [2^-16, 1]
  bool enabled = true;          ///< if false, training leaves its input unchanged, as inference does
  bool whole_channels = false;  ///< drops a channel of an image or a sequence at all positions or at none
};

/// Inverted dropout: in training each value is kept with probability `keep` and divided by `keep`, else set to zero, so
/// that inference leaves its input unchanged. Each step and sample has its own mask; backward uses the mask of forward.
///
/// The mask compares 16 random bits with a threshold, so its probability is the multiple of 2^-16 nearest to `keep`.
/// The mean of mask / keep differs from 1 by at most 2^-17 / keep; the factor is exactly 1 / keep.
///
/// Neighboring positions of an image are correlated, so dropping single values removes little information:
/// `Dropout{{.keep = 0.8, .whole_channels = true}}` drops whole channels, as PyTorch's Dropout2d does.
///
/// To debug a network, set `enabled` to false: without dropout, the loss should fall from epoch to epoch.
///
///   y = x * mask / keep      dx = dy * mask / keep
///
/// Shapes   x, y of any shape
/// Throws   DataError when `keep` is not in [2^-16, 1], or a given mask has numbers other than 0 and 1; ShapeError
///          when the mask and x differ in shape.
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
      : enabled(options.enabled),
        whole_channels_{options.whole_channels},
        keep_{detail::checked_keep(name, options.keep)} {}

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
    return masked(x, c, pass.workers());
  }

  /// Runs a training pass with a given mask of zeros and ones instead of a random one, even if `enabled` is false: to
  /// check the equations by hand, or to repeat a mask as `(cache.mask.array() > 0).cast<T>()`. `backward` uses it too.
  Batch<T> forward_with_mask(const Batch<T>& x, const Batch<T>& mask, Cache& c) const {
    if (mask.rows() != x.rows() || mask.cols() != x.cols())
      throw_error<ShapeError>(name,
                              {"expected a mask of ", x.rows(), " x ", x.cols(), " values, got ", mask.rows(),
                               " x ", mask.cols()},
                              "pass a number for each value of x");
    if (!all_finite(mask) || !(mask.array() == 0 || mask.array() == 1).all())
      throw_error<DataError>(name, {"expected a mask of zeros and ones, got other numbers"},
                             "pass the mask before the division by keep");
    c.masked = true;
    c.mask = mask * T(1 / keep_);
    return masked(x, c, single_thread);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Dropout&, const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    if (!c.masked) return dy;
    multiply(dy, c.mask, c.dx, pass.workers());
    return x.with_numbers(c.dx);
  }

  double keep() const { return keep_; }

  bool enabled;

 private:
  static Batch<T> masked(const Batch<T>& x, Cache& c, Workers& workers) {
    multiply(x, c.mask, c.product, workers);
    return c.y = x.with_numbers(c.product);
  }

  static void multiply(const Batch<T>& numbers, const Matrix<T>& mask, Matrix<T>& product, Workers& workers) {
    product.resize(mask.rows(), mask.cols());
    for_numbers(workers, mask.size(),
                [&](const Part& part) { flat(product, part) = flat(numbers, part) * flat(mask, part); });
  }

  void draw_mask(const Shape& shape, Index samples, Matrix<T>& mask, const Pass& pass) const {
    const Index random = whole_channels_ ? shape.channels : shape.size();
    mask.resize(shape.size(), samples);
    for_columns(pass.workers(), shape.size(), samples, [&](Index j) {
      detail::draw_keep_mask(pass, j, 0, keep_, mask.col(j).data(), random);
      for (Index i = random; i < shape.size(); ++i) mask(i, j) = mask(i - random, j);
    });
  }

  bool whole_channels_;
  double keep_;
};

}  // namespace descent
