#pragma once

#include <cmath>
#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// NAdam: Adam with Nesterov momentum, whose coefficient mu grows to beta1.
///
///   v, s as in Adam      mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)      p_t = mu_1 mu_2 ... mu_t
///   n = (1 - mu_t) dw / (1 - p_t) + mu_(t+1) v / (1 - p_(t+1))
///   w -= alpha * n / (sqrt(s / (1 - beta2^t)) + epsilon)
///
/// Equals PyTorch's NAdam and Dozat's. (PyTorch 1.13 agrees only with `foreach=True`; its single-tensor
/// implementation multiplies by one mu too many, which later versions fix.) Keras 3 has no such option and uses
/// momentum_decay = 1. With infinity mu is constant, beta1: the simple form of Dozat's paper.
///
/// Throws   DataError from `init` when a beta is not in [0, 1), or epsilon or momentum_decay is negative.
/// Source   Dozat: Incorporating Nesterov momentum into Adam (ICLR workshop 2016)
struct Nadam {
  static constexpr std::string_view name = "Nadam";

  LearningRate learning_rate = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double momentum_decay = 0.004;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M first, second;     // v and s
    double product = 1;  // p_t

    void visit_members(auto& a) {
      a("progress", progress);
      a("first", first);
      a("second", second);
      a("product", product);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    detail::expect_adam_options("Nadam", *this);
    if (is_finite(momentum_decay) || is_nan(momentum_decay) || momentum_decay < 0)
      expect_not_negative({"Nadam", "momentum_decay", momentum_decay});
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    const auto t = static_cast<double>(++state.progress.step);
    const double mu = momentum(t), next_mu = momentum(t + 1);
    state.product *= mu;
    const double root = std::sqrt(bias_correction(beta2, state.progress.step));
    const T now = T(alpha * root * (1 - mu) / (1 - state.product));
    const T ahead = T(alpha * root * next_mu / (1 - state.product * next_mu));
    const T eps = T(epsilon * root);
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v, auto s) {
          update_average(v, dw, beta1);
          update_average(s, dw.square(), beta2);
          w -= (now * dw + ahead * v) / (s.sqrt() + eps);
        },
        model, gradient, state.first, state.second);
  }

 private:
  double momentum(double t) const { return beta1 * (1 - 0.5 * std::pow(0.96, t * momentum_decay)); }
};

}  // namespace descent
