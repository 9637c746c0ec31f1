#pragma once

#include <cmath>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

/// Kullback-Leibler divergence D(t || p) between target t and prediction p; the mean over samples.
///
///   L = sum over classes of t_i (log t_i - q_i),  q = log p       0 log 0 = 0      for each sample
///   dL/dq = -t
///
/// Targets are probabilities, predictions are log-probabilities, such as the outputs of a `LogSoftmax`. The
/// divergence is the cross-entropy minus the entropy of the targets: it is 0 where p = t and has the same gradient.
/// PyTorch's KLDivLoss equals it with reduction "batchmean"; "mean" also divides by the number of classes.
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

  template <BatchLike P>
  WeightedSum value(const P& log_p, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    detail::expect_same_shape(name, log_p, target, weights);
    double total = 0;
    for (Index j = 0; j < log_p.cols(); ++j) {
      detail::expect_probabilities(name, target, j);
      const auto w = static_cast<double>(weights(j));
      if (w == 0) continue;
      for (Index i = 0; i < log_p.rows(); ++i)
        if (const auto t = target(i, j); t > 0)
          total += w * static_cast<double>(t * (std::log(t) - log_p(i, j)));
    }
    return {total, weights.sum(log_p.cols())};
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& log_p, const BatchLike auto& target, Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    const WeightedSum loss = value(log_p, target, weights);
    dy = -target;
    for (Index j = 0; j < weights.size(); ++j) dy.col(j) *= weights(j);
    return loss;
  }
};

}  // namespace descent
