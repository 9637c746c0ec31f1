#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `PositionalEncoding`.
struct PositionalEncodingOptions {
  double base = 10000;  ///< the longest wavelength is about 2 pi times this
};

/// Sinusoidal positional encoding: adds sines and cosines of the time step to the channels of a sequence, since
/// attention alone does not depend on the order of the steps.
///
///   y(2i, t) = x(2i, t) + sin(t / base^(2i / d))      y(2i + 1, t) = x(2i + 1, t) + cos(t / base^(2i / d))
///   dx = dy                                           d channels; t counts from 0
///
/// Shapes   x, y {channels, height, width}; the steps of an image are its positions
/// Throws   DataError when `base` is not positive and finite.
/// Cost     one sum over the batch forward.
/// Source   Vaswani et al.: Attention is all you need (NeurIPS 2017), 3.5
template <std::floating_point T = float>
class PositionalEncoding {
 public:
  static constexpr std::string_view name = "PositionalEncoding";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, encoding;
    double base = 0;  // of the encoding
  };

  explicit PositionalEncoding(const PositionalEncodingOptions& options = {}) : base_{options.base} {
    expect_positive({name, "base", base_});
  }

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) { f("base", tree.base_...); }

  Shape output_shape(const Shape& in) const { return in; }

  /// The encoding of `steps` steps [channels, steps].
  Matrix<T> encoding(Index channels, Index steps) const {
    Matrix<T> all = filled<Matrix<T>>(name, channels, steps, T(0));
    for (Index t = 0; t < steps; ++t)
      for (Index i = 0; i < channels; ++i) {
        const auto even = static_cast<double>(i - i % 2), d = static_cast<double>(channels);
        const double angle = static_cast<double>(t) / std::pow(base_, even / d);
        all(i, t) = T(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
      }
    return all;
  }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    const Index channels = x.shape().channels, steps = x.shape().positions();
    c.y.resize(x.rows(), x.cols());
    if (x.samples() == 0) return x.with_numbers(c.y);
    if (c.base != base_ || c.encoding.rows() != channels || c.encoding.cols() < steps) {
      c.encoding = encoding(channels, steps);
      c.base = base_;
    }
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      c.y.col(j) = x.col(j) + Eigen::Map<const Vector<T>>{c.encoding.data(), x.rows()};
    });
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, PositionalEncoding&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    return dy;
  }

 private:
  double base_;
};

}  // namespace descent
