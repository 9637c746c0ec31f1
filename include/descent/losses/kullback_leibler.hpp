#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Kullback-Leibler divergence of the prediction from the target, D(t || p); the mean over samples.
///
///   L = 1/m * sum over samples and classes of t_i (log t_i - q_i),  q = log p       0 log 0 = 0
///   dL/dq = -t / m
///
/// The target comes as probabilities, the prediction as log-probabilities, as behind a `LogSoftmax`. It is
/// the cross-entropy less the entropy of the targets: 0 where p = t, and the same gradient. PyTorch gives
/// this with reduction "batchmean"; its "mean" divides by the number of classes besides.
///
/// Shapes   log-probabilities q, target probabilities t [classes, m]
/// Throws   ShapeError when the two differ in shape; DataError when a probability is negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 3.13
struct KullbackLeibler {
  static constexpr std::string_view name = "KullbackLeibler";
  static constexpr OutputKind expects = OutputKind::log_probabilities;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j) detail::expect_probabilities(name, target, j);
  }

  double value(const BatchLike auto& log_p, const BatchLike auto& target) const {
    detail::expect_same_shape(name, log_p, target);
    double total = 0;
    for (Index j = 0; j < log_p.cols(); ++j) {
      detail::expect_probabilities(name, target, j);
      for (Index i = 0; i < log_p.rows(); ++i)
        if (const auto t = target(i, j); t > 0) total += static_cast<double>(t * (std::log(t) - log_p(i, j)));
    }
    return total / static_cast<double>(log_p.cols());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& log_p, const BatchLike auto& target, Matrix<T>& dy) const {
    const double loss = value(log_p, target);
    dy = target * (T(-1) / static_cast<T>(log_p.cols()));
    return loss;
  }
};

}  // namespace descent
