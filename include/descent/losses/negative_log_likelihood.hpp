#pragma once

#include <concepts>
#include <string_view>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

/// Negative log-likelihood of the targets, from log-probabilities such as the outputs of a `LogSoftmax`; the mean over
/// samples.
///
///   L = -sum over classes of w_i t_i q_i,  q = log p      dL/dq = -w t      for each sample
///
/// w, the class weights, emphasizes rare classes: NegativeLogLikelihood{.class_weights = {1, 2, 1}}. As in
/// SoftmaxCrossEntropy, the mean divides by the number of samples, not by the sum of the class weights.
///
/// After a LogSoftmax it equals SoftmaxCrossEntropy, which computes both from the logits. It takes the same targets:
/// classes, counted from 0, in a single row, with -1 (`ignored_class`) for a sample to ignore; or probabilities, a
/// row for each class.
///
/// Shapes   log-probabilities q [classes, m]   targets t [1, m] or [classes, m]   w [classes], or empty: all 1
/// Throws   ShapeError when the shapes do not fit; DataError when a class is out of range, or a probability or a
///          weight negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 5.5 and 6.2.2.3
struct NegativeLogLikelihood {
  static constexpr std::string_view name = "NegativeLogLikelihood";
  static constexpr OutputKind expects = OutputKind::log_probabilities;

  std::vector<double> class_weights = {};  ///< w, one per class

  void check(Index classes, const BatchLike auto& target) const {
    detail::expect_class_weights(name, class_weights, classes);
    detail::expect_class_targets(name, classes, target);
  }

  template <BatchLike P>
  WeightedSum value(const P& log_p, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return sum(log_p, target, weights, [](Index, Index, auto) {});
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& log_p, const BatchLike auto& target, Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    dy.setZero(log_p.rows(), log_p.cols());
    return sum(log_p, target, weights, [&](Index i, Index j, T t) { dy(i, j) = -t * weights(j); });
  }

 private:
  /// Calls take_target(i, j, t_i) where t_i is not 0. Elsewhere log p is not used, since it may be minus infinity.
  template <std::floating_point T>
  WeightedSum sum(const auto& log_p, const auto& target, SampleWeights<T> weights, auto&& take_target) const {
    detail::expect_samples(name, log_p.cols(), target.cols(), weights);
    detail::expect_class_rows(name, log_p.rows(), target.rows());
    detail::expect_class_weights(name, class_weights, log_p.rows());
    const auto of_class = [&](Index i) {
      return class_weights.empty() ? T(1) : static_cast<T>(class_weights[static_cast<std::size_t>(i)]);
    };
    WeightedSum total;
    for (Index j = 0; j < log_p.cols(); ++j) {
      const auto w = static_cast<double>(weights(j));
      if (!detail::is_counted(name, log_p.rows(), target, j) || w == 0) continue;
      total.weight += w;
      if (detail::are_classes(target.rows())) {
        const auto i = static_cast<Index>(target(0, j));
        const T t = of_class(i);
        if (t == 0) continue;
        take_target(i, j, t);
        total.sum -= w * static_cast<double>(t * log_p(i, j));
        continue;
      }
      for (Index i = 0; i < log_p.rows(); ++i) {
        const T t = of_class(i) * target(i, j);
        if (t == 0) continue;
        take_target(i, j, t);
        total.sum -= w * static_cast<double>(t * log_p(i, j));
      }
    }
    return total;
  }
};

}  // namespace descent
