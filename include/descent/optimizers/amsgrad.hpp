#pragma once

#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// AMSGrad: Adam with the maximum of s so far, so that no step grows because past gradients are forgotten.
///
///   v, s as in Adam      l = max(l, s)
///   w -= alpha * v / (1 - beta1^t) / (sqrt(l / (1 - beta2^t)) + epsilon)
///
/// The paper applies no bias correction; PyTorch and Keras correct both averages as above, after the maximum. There
/// is no option for the form of the paper. Epsilon is added as in Adam, where the difference to Keras is described.
///
/// Throws   DataError from `init` when a beta is not in [0, 1) or epsilon is negative.
/// Source   Reddi, Kale, Kumar: On the convergence of Adam and beyond (ICLR 2018), algorithm 2
struct AMSGrad {
  static constexpr std::string_view name = "AMSGrad";

  LearningRate learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M first, second, largest;  // v, s and l

    void visit_members(auto& a) {
      a("progress", progress);
      a("first", first);
      a("second", second);
      a("largest", largest);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    detail::expect_adam_options("AMSGrad", *this);
    return {{}, zeros_like(model), zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    const double alpha = learning_rate(state.progress);
    const detail::AdamStep<typename M::Scalar> at{*this, alpha, ++state.progress.step};
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v, auto s, auto l) {
          update_average(v, dw, beta1);
          update_average(s, dw.square(), beta2);
          l = l.max(s);
          w -= at.rate * v / (l.sqrt() + at.epsilon);
        },
        model, gradient, state.first, state.second, state.largest);
  }
};

}  // namespace descent
