#pragma once

#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/regularizers/elastic_net.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// L1 penalty: on the absolute value of every weight, which drives many weights to 0. Biases are penalized only with
/// `.biases`, scales never.
///
///   R = lambda / m * sum over layers of sum |w|      dR/dw = lambda / m * sign(w), and 0 where w = 0
///
/// m is the number of training samples; see docs/decisions/0003-regularization-strength.md. With
/// gradient steps, weights end up within a step of 0 rather than exactly at 0.
///
/// Throws   DataError when lambda is negative.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 7.1.2
struct L1 {
  double lambda = 0;
  bool biases = false;  ///< penalize biases, too

  template <Parameterized M>
  double penalty(const M& model, Index samples, Workers& workers = single_thread) const {
    return ElasticNet(*this).penalty(model, samples, workers);
  }
  template <Parameterized M>
  void add_gradient(const M& model, M& gradient, Index samples, Workers& workers = single_thread) const {
    ElasticNet(*this).add_gradient(model, gradient, samples, workers);
  }

  operator ElasticNet() const {
    expect_not_negative({"L1", "lambda", lambda});
    return {.l1 = lambda, .biases = biases};
  }
};

}  // namespace descent
