#pragma once

#include <cmath>

#include "descent/core/concepts.hpp"
#include "descent/schedules/learning_rate.hpp"

namespace descent {

/// Adam: steps along the average gradient, scaled by its average size, both corrected for their start at 0.
///
///   v = beta1 v + (1 - beta1) dw         s = beta2 s + (1 - beta2) dw^2        t = 1, 2, ...
///   w -= alpha * v / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
///
/// Source   Kingma, Ba: Adam (ICLR 2015), algorithm 1
/// Example  examples/01_digits.cpp
struct Adam {
  LearningRate learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <Parameterized M>
  struct State {
    Clock clock;
    M first, second;  // v and s
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.clock);
    const auto t = static_cast<double>(++state.clock.step);
    // Both corrections are taken out of the loop: sqrt(s / c2) + epsilon = (sqrt(s) + epsilon sqrt(c2)) / sqrt(c2).
    const double c1 = 1 - std::pow(beta1, t), root_c2 = std::sqrt(1 - std::pow(beta2, t));
    const T rate = T(alpha * root_c2 / c1), eps = T(epsilon * root_c2);
    const T b1 = T(beta1), a1 = T(1 - beta1), b2 = T(beta2), a2 = T(1 - beta2);
    visit_flat(
        [&](auto w, auto dw, auto v, auto s) {
          v = b1 * v + a1 * dw;
          s = b2 * s + a2 * dw.square();
          w -= rate * v / (s.sqrt() + eps);
        },
        model, gradient, state.first, state.second);
  }
};

}  // namespace descent
