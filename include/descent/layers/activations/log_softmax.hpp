#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Logarithm of the softmax over the features of each sample, or over the channels at each position; exact where the
/// softmax itself rounds to 0.
///
///   y_i = x_i - max x - log(sum_j exp(x_j - max x))      dx_i = dy_i - exp(y_i) sum_j dy_j
///
/// Shapes   x, y [n, m] or {n, height, width}, for any n
/// Cost     an exp a value each way.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3
template <std::floating_point T = float>
class LogSoftmax {
 public:
  static constexpr std::string_view name = "LogSoftmax";
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}
  static constexpr OutputKind output_kind() { return OutputKind::log_probabilities; }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    positive_features(name, samples.rows());
    const Batch<T> x = samples.channels();
    c.y.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      auto y = c.y.col(j).array();
      y = x.col(j).array() - x.col(j).maxCoeff();
      y -= std::log(y.exp().sum());
    });
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& slopes, Cache& c, LogSoftmax&,
                    const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, slopes, c.y);
    const Batch<T> dy{slopes.data(), Shape{c.y.rows()}, c.y.cols()};
    c.dx.resize(dy.rows(), dy.cols());
    for_columns(pass.workers(), dy.rows(), dy.cols(), [&](Index j) {
      c.dx.col(j) = dy.col(j).array() - c.y.col(j).array().exp() * dy.col(j).sum();
    });
    return x.with_numbers(c.dx);
  }
};

}  // namespace descent
