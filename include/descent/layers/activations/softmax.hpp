#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI {

/// Softmax over the features of each sample, or over the channels at each position, for use inside a network. As the
/// last layer of a classifier, leave it out and train with `SoftmaxCrossEntropy`, which takes logits and stays exact
/// where a probability rounds to 0; the function `softmax` then computes the probabilities.
///
///   y_i = exp(x_i - max x) / sum_j exp(x_j - max x)      dy_i/dx_j = y_i (delta_ij - y_j)
///   dx = y * (dy - sum_j dy_j y_j)
///
/// Shapes   x, y [n, m] or {n, height, width}, for any n
/// Cost     an exp a value forward, two passes over the batch backward.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3
template <std::floating_point T = float>
class Softmax {
 public:
  static constexpr std::string_view name = "Softmax";
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  static void visit(auto&&, auto&...) {}
  static constexpr OutputKind output_kind() { return OutputKind::probabilities; }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    positive_features(name, samples.rows());
    const Batch<T> x = samples.channels();
    c.y.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      auto y = c.y.col(j).array();
      y = (x.col(j).array() - x.col(j).maxCoeff()).exp();
      y /= y.sum();
    });
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& slopes, Cache& c, Softmax&, const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, slopes, c.y);
    const Batch<T> dy{slopes.data(), Shape{c.y.rows()}, c.y.cols()};
    c.dx.resize(dy.rows(), dy.cols());
    for_columns(pass.workers(), dy.rows(), dy.cols(), [&](Index j) {
      c.dx.col(j) = c.y.col(j).array() * (dy.col(j).array() - dy.col(j).dot(c.y.col(j)));
    });
    return x.with_numbers(c.dx);
  }
};

}  // namespace descent
