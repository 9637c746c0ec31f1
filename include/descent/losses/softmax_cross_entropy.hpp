#pragma once

#include <cmath>
#include <concepts>
#include <string_view>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

/// Cross-entropy of the softmax over classes, computed from the logits; the mean over samples.
///
///   p_i = exp(z_i) / sum_j exp(z_j)       L = -sum over classes of t_i log p_i       for each sample
///   log p_i = z_i - max z - log(sum_j exp(z_j - max z))       safe for any z
///   dL/dz = p * sum t - t                 for every class, not only the true one
///
/// The target of a sample is its class, counted from 0, in a single row, with -1 (`ignored_class`) for a sample to
/// ignore; or a one-hot vector or other probabilities, with a row for each class.
///
/// Two options change the targets: each t_i becomes  w_i ((1 - e) t_i + e / classes).
///   SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 1}}
/// e, the label smoothing, keeps the logits from growing without bound; w, the class weights, emphasizes rare classes.
///
/// The mean divides by the number of samples, or by the sum of their sample weights, regardless of the class weights.
/// For class targets PyTorch divides by the sum of the class weights of the targets instead. For the same result over
/// a training set, scale the class weights to a mean of 1 over the targets, as `balanced_class_weights` does:
///   w_c = samples / (classes * samples of class c)
///
/// Shapes   logits z [classes, m]   targets t [1, m] or [classes, m]   w [classes], or empty: all 1
/// Throws   ShapeError when the shapes do not fit; DataError when a class is out of range, a probability or a
///          weight negative, or e not in [0, 1).
/// Cost     one exponential per logit.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3; label smoothing: Szegedy et
///          al.: Rethinking the Inception architecture for computer vision (CVPR 2016), 7
/// Example  examples/01_digits.cpp
struct SoftmaxCrossEntropy {
  static constexpr std::string_view name = "SoftmaxCrossEntropy";
  static constexpr OutputKind expects = OutputKind::scores;

  double label_smoothing = 0;              ///< e
  std::vector<double> class_weights = {};  ///< w, one per class

  void check(Index classes, const BatchLike auto& target) const {
    expect_options(classes);
    detail::expect_class_targets(name, classes, target);
  }

  template <BatchLike P>
  WeightedSum value(const P& logits, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    expect_fit(logits, target, weights);
    const bool plain = is_plain();
    WeightedSum total;
    for (Index j = 0; j < logits.cols(); ++j) {
      if (weight(logits, target, j, weights) == 0) continue;
      const auto largest = logits.col(j).maxCoeff();
      const auto sum = (logits.col(j).array() - largest).exp().sum();
      const auto log_sum = largest + std::log(sum);
      const double cost =
          plain ? cost_of_target(logits, target, j, log_sum) : cost_of_shares(logits, target, j, log_sum);
      add(total, cost, weights(j));
    }
    return total;
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& logits, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {}) const {
    using T = typename P::Scalar;
    expect_fit(logits, target, weights);
    const bool plain = is_plain();
    dy.resize(logits.rows(), logits.cols());
    for (Index j = 0; j < logits.cols(); ++j)
      dy.col(j).array() = logits.col(j).array() - logits.col(j).maxCoeff();
    flat(dy) = flat(dy).exp();  // of the whole matrix, since a single column is too short to vectorize well
    WeightedSum total;
    for (Index j = 0; j < logits.cols(); ++j) {
      const T w = weight(logits, target, j, weights);
      if (w == 0) {
        dy.col(j).setZero();
        continue;
      }
      const T sum = dy.col(j).sum(), log_sum = logits.col(j).maxCoeff() + std::log(sum);
      if (!plain) {
        add(total, cost_of_shares(logits, target, j, log_sum), w);
        subtract_shares(target, j, dy, sum, w);
        continue;
      }
      add(total, cost_of_target(logits, target, j, log_sum), w);
      if (detail::are_classes(target.rows())) {
        dy.col(j) *= w / sum;
        dy(static_cast<Index>(target(0, j)), j) -= w;
      } else {
        dy.col(j) = w * (dy.col(j) * (target.col(j).sum() / sum) - target.col(j));
      }
    }
    return total;
  }

 private:
  bool is_plain() const { return label_smoothing == 0 && class_weights.empty(); }

  /// The weight of a sample, 0 if its class is ignored.
  template <std::floating_point T>
  static T weight(const auto& logits, const auto& target, Index j, SampleWeights<T> weights) {
    return detail::is_counted(name, logits.rows(), target, j) ? weights(j) : T(0);
  }
  static void add(WeightedSum& total, double cost, auto weight) {
    total += {static_cast<double>(weight) * cost, static_cast<double>(weight)};
  }

  static double cost_of_target(const auto& logits, const auto& target, Index j, auto log_sum) {
    if (detail::are_classes(target.rows()))
      return static_cast<double>(log_sum - logits(static_cast<Index>(target(0, j)), j));
    return static_cast<double>((target.col(j).array() * (log_sum - logits.col(j).array())).sum());
  }

  double cost_of_shares(const auto& logits, const auto& target, Index j, auto log_sum) const {
    double total = 0;
    for (Index i = 0; i < logits.rows(); ++i)
      total += share(target, i, j, logits.rows()) * static_cast<double>(log_sum - logits(i, j));
    return total;
  }

  /// Converts column j of dy from exponentials, whose sum is `sum`, to the gradient.
  template <std::floating_point T>
  void subtract_shares(const auto& target, Index j, Matrix<T>& dy, T sum, T w) const {
    double shares = 0;
    for (Index i = 0; i < dy.rows(); ++i) shares += share(target, i, j, dy.rows());
    dy.col(j) *= w * static_cast<T>(shares) / sum;
    for (Index i = 0; i < dy.rows(); ++i) dy(i, j) -= w * static_cast<T>(share(target, i, j, dy.rows()));
  }

  /// Returns the changed target, w_i ((1 - e) t_i + e / classes).
  double share(const auto& target, Index i, Index j, Index classes) const {
    const double t = detail::are_classes(target.rows())
                         ? static_cast<double>(static_cast<Index>(target(0, j)) == i)
                         : static_cast<double>(target(i, j));
    const double w = class_weights.empty() ? 1 : class_weights[static_cast<std::size_t>(i)];
    return w * ((1 - label_smoothing) * t + label_smoothing / static_cast<double>(classes));
  }

  void expect_options(Index classes) const {
    if (is_plain()) return;
    expect_share({name, "label_smoothing", label_smoothing, "choose 0.1, a usual value"});
    detail::expect_class_weights(name, class_weights, classes);
  }

  template <std::floating_point T>
  void expect_fit(const auto& logits, const auto& target, SampleWeights<T> weights) const {
    detail::expect_samples(name, logits.cols(), target.cols(), weights);
    detail::expect_class_rows(name, logits.rows(), target.rows());
    expect_options(logits.rows());
  }
};

/// Returns the class probabilities of logits; each column sums to 1. Throws ShapeError when there are no rows.
template <std::floating_point T>
Matrix<T> softmax(const Matrix<T>& logits) {
  positive_features("softmax", logits.rows());
  Matrix<T> p = (logits.rowwise() - logits.colwise().maxCoeff()).array().exp();
  return p.array().rowwise() / p.colwise().sum().array();
}

}  // namespace descent
