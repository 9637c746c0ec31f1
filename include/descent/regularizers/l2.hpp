#pragma once

#include "descent/core/concepts.hpp"

namespace descent {

/// Penalty on the squared Frobenius norm of every weight matrix. Biases and scales are left alone.
///
///   R = lambda / (2 m) * sum over layers of ||W||^2      dR/dW = lambda / m * W
///
/// m is the number of training samples, so that the strength does not depend on the batch size; see
/// docs/decisions/0003-regularisation-strength.md. PyTorch's weight_decay is lambda / m.
///
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 7.1.1
struct L2 {
  double lambda = 0;

  template <Parameterized M>
  double penalty(const M& model, Index samples) const {
    double sum = 0;
    M::visit(
        [&](const Parameter& p, const auto& w) {
          if (p.role == Role::weight) sum += static_cast<double>(w.squaredNorm());
        },
        model);
    return lambda / (2 * static_cast<double>(samples)) * sum;
  }

  template <Parameterized M>
  void add_gradient(const M& model, M& gradient, Index samples) const {
    using T = typename M::Scalar;
    const T rate = T(lambda / static_cast<double>(samples));
    M::visit(
        [&](const Parameter& p, const auto& w, auto& dw) {
          if (p.role == Role::weight) dw += rate * w;
        },
        model, gradient);
  }
};

}  // namespace descent
