#pragma once

#include "descent/core/concepts.hpp"
#include "descent/schedules/learning_rate.hpp"

namespace descent {

/// Gradient descent along an exponentially weighted average of the gradients.
///
///   v = beta v + (1 - beta) dw      w -= alpha v      v = 0 at first
///
/// The form v = beta v + dw of PyTorch and Keras takes the same path with alpha * (1 - beta) for its alpha.
///
/// Source   Polyak: Some methods of speeding up the convergence of iteration methods (1964); the weighted
///          form as in A. Ng's course
struct Momentum {
  LearningRate learning_rate = 0.1;
  double beta = 0.9;

  template <Parameterized M>
  struct State {
    Clock clock;
    M velocity;
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    return {{}, zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state) const {
    using T = typename M::Scalar;
    const T alpha = T(learning_rate(state.clock)), keep = T(beta), add = T(1 - beta);
    ++state.clock.step;
    visit_flat(
        [&](auto w, auto dw, auto v) {
          v = keep * v + add * dw;
          w -= alpha * v;
        },
        model, gradient, state.velocity);
  }
};

}  // namespace descent
