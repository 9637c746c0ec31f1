#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
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
/// Shapes   logits z [classes, m]   targets t [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit; DataError when a class is out of range or a probability
///          negative.
/// Cost     one exponential a logit.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3
/// Example  examples/01_digits.cpp
struct SoftmaxCrossEntropy {
  static constexpr std::string_view name = "SoftmaxCrossEntropy";

  void check(Index classes, const BatchLike auto& target) const {
    expect_classes(classes, target.rows());
    for (Index j = 0; j < target.cols(); ++j) check_sample(classes, target, j);
  }

  double value(const BatchLike auto& logits, const BatchLike auto& target) const {
    expect_fit(logits, target);
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      const auto largest = logits.col(j).maxCoeff();
      const auto sum = (logits.col(j).array() - largest).exp().sum();
      total += cost(logits, target, j, largest + std::log(sum));
    }
    return total / static_cast<double>(logits.cols());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& logits, const BatchLike auto& target, Matrix<T>& dy) const {
    expect_fit(logits, target);
    const auto m = static_cast<T>(logits.cols());
    dy.resize(logits.rows(), logits.cols());
    double total = 0;
    for (Index j = 0; j < logits.cols(); ++j) {
      const T largest = logits.col(j).maxCoeff();
      dy.col(j) = (logits.col(j).array() - largest).exp();
      const T sum = dy.col(j).sum();
      total += cost(logits, target, j, largest + std::log(sum));
      if (is_class(target)) {
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
  static bool is_class(const auto& target) { return target.rows() == 1; }

  static double cost(const auto& logits, const auto& target, Index j, auto log_sum) {
    check_sample(logits.rows(), target, j);
    if (is_class(target)) return static_cast<double>(log_sum - logits(static_cast<Index>(target(0, j)), j));
    return static_cast<double>((target.col(j).array() * (log_sum - logits.col(j).array())).sum());
  }

  static void check_sample(Index classes, const auto& target, Index j) {
    if (is_class(target)) {
      detail::class_index(name, target(0, j), j, classes);
    } else if (!(target.col(j).array() >= 0).all()) {
      throw DataError(name, concat("expected probabilities of at least 0, got ", target.col(j).minCoeff(),
                                   " for sample ", j),
                      "a target column holds the probability of each class");
    }
  }

  static void expect_classes(Index classes, Index rows) {
    if (classes < 2)
      throw ShapeError(name, concat("expected at least 2 outputs, got ", classes),
                       "for two classes and one output take SigmoidCrossEntropy");
    if (rows != 1 && rows != classes)
      throw ShapeError(name, concat("expected targets of 1 or ", classes, " rows, got ", rows),
                       "a target is a class in one row, or a probability for each output");
  }

  static void expect_fit(const auto& logits, const auto& target) {
    detail::expect_samples(name, logits.cols(), target.cols());
    expect_classes(logits.rows(), target.rows());
  }
};

/// The probabilities of the classes, from the logits: each column sums to 1.
template <std::floating_point T>
Matrix<T> softmax(const Matrix<T>& logits) {
  Matrix<T> p = (logits.rowwise() - logits.colwise().maxCoeff()).array().exp();
  return p.array().rowwise() / p.colwise().sum().array();
}

}  // namespace descent
