#pragma once

#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// L2 penalty: on the squared Frobenius norm of every weight matrix. Biases are penalized only with `.biases`, scales
/// never.
///
///   R = lambda / (2 m) * sum over layers of ||W||^2      dR/dW = lambda / m * W
///
/// m is the number of training samples, so that the strength does not depend on the batch size; see
/// docs/decisions/0003-regularization-strength.md. PyTorch's weight_decay is lambda / m.
///
/// Throws   DataError when lambda is negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 7.1.1
/// Example  examples/03_regularization.cpp
struct L2 {
  double lambda = 0;
  bool biases = false;  ///< penalize biases, too, as PyTorch's weight_decay does

  template <Parameterized M>
  double penalty(const M& model, Index samples, Workers& workers = single_thread) const {
    return ElasticNet(*this).penalty(model, samples, workers);
  }
  template <Parameterized M>
  void add_gradient(const M& model, M& gradient, Index samples, Workers& workers = single_thread) const {
    ElasticNet(*this).add_gradient(model, gradient, samples, workers);
  }

  operator ElasticNet() const {
    expect_not_negative({"L2", "lambda", lambda});
    return {.l2 = lambda, .biases = biases};
  }
};

}  // namespace descent
