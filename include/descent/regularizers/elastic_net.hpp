#pragma once

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
/// Throws unless there are training samples, by whose number a penalty is divided.
inline void expect_training_samples(Index samples) {
  if (samples < 1)
    throw DataError("penalty", joined("expected at least 1 training sample, got ", samples),
                    "pass the number of training samples");
}
}  // namespace detail

/// Elastic net: the sum of an L1 and an L2 penalty on every weight. Biases, such as beta of the normalizations, are
/// penalized only with `.biases`; scales, such as gamma and the slopes of PReLU, never.
///
///   R = l1 / m * sum |w| + l2 / (2 m) * sum w^2      dR/dw = l1 / m * sign(w) + l2 / m * w
///
/// m is the number of training samples; see docs/decisions/0003-regularization-strength.md. `L1` and `L2` are
/// the cases in which the other strength is 0. A penalty of strength alpha and ratio l1_ratio, as in scikit-learn, has
/// l1 = m alpha l1_ratio and l2 = m alpha (1 - l1_ratio).
///
/// Throws   DataError when a strength is negative.
/// Source   Zou, Hastie: Regularization and variable selection via the elastic net (Journal of the Royal
///          Statistical Society B 67, 2005)
struct ElasticNet {
  double l1 = 0;
  double l2 = 0;
  bool biases = false;  ///< penalize biases, too

  template <Parameterized M>
  double penalty(const M& model, Index samples, Workers& workers = single_thread) const {
    expect_strengths();
    detail::expect_training_samples(samples);
    double sum = 0;
    M::visit(
        [&](const Parameter& p, const auto& w) {
          if (penalizes(p)) sum += penalty_of(w, workers);
        },
        model);
    return sum / static_cast<double>(samples);
  }

  template <Parameterized M>
  void add_gradient(const M& model, M& gradient, Index samples, Workers& workers = single_thread) const {
    expect_strengths();
    detail::expect_training_samples(samples);
    visit_parts(
        workers,
        [&](const Parameter& p, auto w, auto dw) {
          if (penalizes(p)) add_slope(w, dw, samples);
        },
        model, gradient);
  }

  bool penalizes(const Parameter& p) const {
    return p.role == Role::weight || (biases && p.role == Role::bias);
  }

  /// Returns m R of a single parameter.
  double penalty_of(const auto& w, Workers& workers) const {
    return sum_over_numbers(workers, w.size(), [&](const Part& part) {
      const auto values = flat(w, part);
      double sum = 0;
      if (l1 != 0) sum += l1 * static_cast<double>(values.abs().sum());
      if (l2 != 0) sum += l2 / 2 * static_cast<double>(values.square().sum());
      return sum;
    });
  }

  /// Adds dR/dw to dw for numbers of a parameter. At w = 0 the derivative of |w| counts as 0.
  template <class Array>
  void add_slope(const auto& values, Array& slopes, Index samples) const {
    using T = typename Array::Scalar;
    const T one = T(l1 / static_cast<double>(samples)), two = T(l2 / static_cast<double>(samples));
    if (l1 != 0) slopes += one * values.sign();
    if (l2 != 0) slopes += two * values;
  }

  void expect_strengths() const {
    expect_not_negative({"ElasticNet", "l1", l1});
    expect_not_negative({"ElasticNet", "l2", l2});
  }
};

}  // namespace descent
