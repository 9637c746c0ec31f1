#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Mean of each channel over all positions of an image or a sequence, without the padding; 0 for a sequence of length 0.
///
///   Sequential{Conv2D{1, 32, rng}, ReLU{}, GlobalAveragePool{}, Dense{32, 10, rng}}
///
/// Shapes   x {channels, height, width}   y [channels, m]
/// Cost     one pass over the batch, forward and backward.
/// Source   Lin et al.: Network in Network (2013)
template <std::floating_point T = float>
class GlobalAveragePool {
 public:
  static constexpr std::string_view name = "GlobalAveragePool";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}

  Shape output_shape(const Shape& in) const { return {in.channels}; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    const Index channels = x.shape().channels;
    c.y.resize(channels, x.samples());
    for_columns(pass.workers(), x.rows(), x.samples(), [&](Index s) {
      c.y.col(s).setZero();
      const Index counted = positions_in(x, s);
      for (Index p = 0; p < counted; ++p) c.y.col(s) += x.col(s).segment(p * channels, channels);
      c.y.col(s) *= T(1) / T(std::max<Index>(1, counted));
    });
    return {c.y.data(), Shape{channels}, x.samples()};
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GlobalAveragePool&,
                    const Pass& pass) const {
    const Index channels = x.shape().channels, positions = x.shape().positions();
    expect_backward(name, {x.rows(), channels}, x, dy, c.y);
    c.dx.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.samples(), [&](Index s) {
      const Index counted = positions_in(x, s);
      for (Index p = 0; p < counted; ++p)
        c.dx.col(s).segment(p * channels, channels) = dy.col(s) * (T(1) / T(counted));
      c.dx.col(s).tail((positions - counted) * channels).setZero();
    });
    return x.with_numbers(c.dx);
  }

 private:
  static Index positions_in(const Batch<T>& x, Index sample) { return x.shape().height * x.length(sample); }
};

}  // namespace descent
