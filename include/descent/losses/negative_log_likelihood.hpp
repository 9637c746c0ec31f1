#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Negative log-likelihood of the targets, from log-probabilities, as behind a `LogSoftmax`; the mean over
/// samples.
///
///   L = -1/m * sum over samples and classes of t_i q_i,  q = log p      dL/dq = -t / m
///
/// Behind a LogSoftmax it is SoftmaxCrossEntropy, which takes the logits and does both in one. The targets
/// are as there: classes, counted from 0, in a single row; or as many probabilities as there are classes.
///
/// Shapes   log-probabilities q [classes, m]   targets t [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit; DataError when a class is out of range or a probability
///          negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 5.5 and 6.2.2.3
struct NegativeLogLikelihood {
  static constexpr std::string_view name = "NegativeLogLikelihood";
  static constexpr OutputKind expects = OutputKind::log_probabilities;

  void check(Index classes, const BatchLike auto& target) const {
    detail::expect_class_rows(name, classes, target.rows());
    for (Index j = 0; j < target.cols(); ++j) detail::expect_class_target(name, classes, target, j);
  }

  double value(const BatchLike auto& log_p, const BatchLike auto& target) const {
    return sum(log_p, target, [](Index, Index, auto) {}) / static_cast<double>(log_p.cols());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& log_p, const BatchLike auto& target, Matrix<T>& dy) const {
    const auto m = static_cast<T>(log_p.cols());
    dy.setZero(log_p.rows(), log_p.cols());
    return sum(log_p, target, [&](Index i, Index j, T t) { dy(i, j) = -t / m; }) / static_cast<double>(m);
  }

 private:
  /// Calls take_target(i, j, t_i) where t_i is not 0: there alone log p matters, which may be minus infinity.
  static double sum(const auto& log_p, const auto& target, auto&& take_target) {
    using T = typename std::remove_cvref_t<decltype(log_p)>::Scalar;
    detail::expect_samples(name, log_p.cols(), target.cols());
    detail::expect_class_rows(name, log_p.rows(), target.rows());
    double total = 0;
    for (Index j = 0; j < log_p.cols(); ++j) {
      if (detail::are_classes(target.rows())) {
        const Index i = detail::class_index(name, target(0, j), j, log_p.rows());
        take_target(i, j, T(1));
        total -= static_cast<double>(log_p(i, j));
        continue;
      }
      detail::expect_probabilities(name, target, j);
      for (Index i = 0; i < log_p.rows(); ++i) {
        if (target(i, j) == 0) continue;
        take_target(i, j, target(i, j));
        total -= static_cast<double>(target(i, j) * log_p(i, j));
      }
    }
    return total;
  }
};

}  // namespace descent
