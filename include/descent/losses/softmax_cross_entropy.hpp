#pragma once

#include <cmath>
#include <concepts>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/options.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Cross-entropy of the softmax over classes, one function of the logits; the mean over samples.
///
///   p_i = exp(z_i) / sum_j exp(z_j)       L = -1/m * sum over samples and classes of t_i log p_i
///   log p_i = z_i - max z - log(sum_j exp(z_j - max z))       safe for any z
///   dL/dz = (p * sum t - t) / m           for every class, not only the true one
///
/// The target of a sample is its class, counted from 0, in a single row; or, in as many rows as there are
/// classes, a one-hot vector or any probabilities.
///
/// Two options change the targets, each t_i becoming  w_i ((1 - e) t_i + e / classes):
///   SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 1}}
/// e, the label smoothing, keeps the logits from growing without end; w makes rare classes count more.
///
/// The mean is over m samples, whatever they weigh, so that the means of batches add up to that of the data
/// set. For classes PyTorch divides by the sum of the w of the targets instead. To get that over a training
/// set, scale the weights so that w of the targets is 1 in the mean, as  w_c = samples / (classes * samples
/// of class c)  is.
///
/// Shapes   logits z [classes, m]   targets t [1, m] or [classes, m]   w [classes], or empty: all 1
/// Throws   ShapeError when the shapes do not fit; DataError when a class is out of range, a probability or a
///          weight negative, or e not in [0, 1).
/// Cost     one exponential a logit.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3; label smoothing: Szegedy and
///          others: Rethinking the Inception architecture for computer vision (CVPR 2016), 7
/// Example  examples/01_digits.cpp
struct SoftmaxCrossEntropy {
  static constexpr std::string_view name = "SoftmaxCrossEntropy";
  static constexpr OutputKind expects = OutputKind::scores;

  double label_smoothing = 0;              ///< e
  std::vector<double> class_weights = {};  ///< w, one a class

  void check(Index classes, const BatchLike auto& target) const {
    detail::expect_class_rows(name, classes, target.rows());
    expect_options(classes);
    for (Index j = 0; j < target.cols(); ++j) detail::expect_class_target(name, classes, target, j);
  }

  double value(const BatchLike auto& logits, const BatchLike auto& target) const {
    expect_fit(logits, target);
    const bool plain = is_plain();
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      const auto largest = logits.col(j).maxCoeff();
      const auto sum = (logits.col(j).array() - largest).exp().sum();
      const auto log_sum = largest + std::log(sum);
      if (plain)
        total += cost(logits, target, j, log_sum);
      else
        total += cost_of_shares(logits, target, j, log_sum);
    }
    return total / static_cast<double>(logits.cols());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& logits, const BatchLike auto& target, Matrix<T>& dy) const {
    expect_fit(logits, target);
    const auto m = static_cast<T>(logits.cols());
    const bool plain = is_plain();
    dy.resize(logits.rows(), logits.cols());
    for (Index j = 0; j < logits.cols(); ++j)
      dy.col(j).array() = logits.col(j).array() - logits.col(j).maxCoeff();
    flat(dy) = flat(dy).exp();  // all at once: a column is too short for vector registers
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      const T sum = dy.col(j).sum(), log_sum = logits.col(j).maxCoeff() + std::log(sum);
      if (!plain) {
        total += cost_of_shares(logits, target, j, log_sum);
        subtract_shares(target, j, dy, sum);
        continue;
      }
      total += cost(logits, target, j, log_sum);
      if (detail::are_classes(target.rows())) {
        dy.col(j) /= sum * m;
        dy(static_cast<Index>(target(0, j)), j) -= T(1) / m;
      } else {
        dy.col(j) *= target.col(j).sum() / (sum * m);
        dy.col(j) -= target.col(j) / m;
      }
    }
    return total / static_cast<double>(m);
  }

 private:
  bool is_plain() const { return label_smoothing == 0 && class_weights.empty(); }

  static double cost(const auto& logits, const auto& target, Index j, auto log_sum) {
    detail::expect_class_target(name, logits.rows(), target, j);
    if (detail::are_classes(target.rows()))
      return static_cast<double>(log_sum - logits(static_cast<Index>(target(0, j)), j));
    return static_cast<double>((target.col(j).array() * (log_sum - logits.col(j).array())).sum());
  }

  double cost_of_shares(const auto& logits, const auto& target, Index j, auto log_sum) const {
    detail::expect_class_target(name, logits.rows(), target, j);
    double total = 0;
    for (Index i = 0; i < logits.rows(); ++i)
      total += share(target, i, j, logits.rows()) * static_cast<double>(log_sum - logits(i, j));
    return total;
  }

  /// Turns column j of dy from exponentials, which add up to `sum`, into the gradient.
  template <std::floating_point T>
  void subtract_shares(const auto& target, Index j, Matrix<T>& dy, T sum) const {
    const T m = static_cast<T>(dy.cols());
    double shares = 0;
    for (Index i = 0; i < dy.rows(); ++i) shares += share(target, i, j, dy.rows());
    dy.col(j) *= static_cast<T>(shares) / (sum * m);
    for (Index i = 0; i < dy.rows(); ++i) dy(i, j) -= static_cast<T>(share(target, i, j, dy.rows())) / m;
  }

  /// w_i ((1 - e) t_i + e / classes)
  double share(const auto& target, Index i, Index j, Index classes) const {
    const double t = detail::are_classes(target.rows())
                         ? static_cast<double>(static_cast<Index>(target(0, j)) == i)
                         : static_cast<double>(target(i, j));
    const double w = class_weights.empty() ? 1 : class_weights[static_cast<std::size_t>(i)];
    return w * ((1 - label_smoothing) * t + label_smoothing / static_cast<double>(classes));
  }

  void expect_options(Index classes) const {
    if (is_plain()) return;
    expect_share({name, "label_smoothing", label_smoothing, "0.1 is a usual choice"});
    if (!class_weights.empty() && static_cast<Index>(class_weights.size()) != classes)
      throw ShapeError(
          name, concat("expected ", classes, " class weights, one an output, got ", class_weights.size()),
          "give each class a weight, or none to any");
    for (const double w : class_weights)
      expect_not_negative({name, "class_weights", w, "1 is the weight of a usual class"});
  }

  void expect_fit(const auto& logits, const auto& target) const {
    detail::expect_samples(name, logits.cols(), target.cols());
    detail::expect_class_rows(name, logits.rows(), target.rows());
    expect_options(logits.rows());
  }
};

/// The probabilities of the classes, from the logits: each column sums to 1. Throws ShapeError without a row.
template <std::floating_point T>
Matrix<T> softmax(const Matrix<T>& logits) {
  positive_features("softmax", logits.rows());
  Matrix<T> p = (logits.rowwise() - logits.colwise().maxCoeff()).array().exp();
  return p.array().rowwise() / p.colwise().sum().array();
}

}  // namespace descent
