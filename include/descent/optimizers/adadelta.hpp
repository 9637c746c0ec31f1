#pragma once

#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Adadelta: scales each gradient by the ratio of the root mean squares of past steps and past gradients; no learning
/// rate to tune.
///
///   s = rho s + (1 - rho) dw^2
///   d = sqrt(u + epsilon) / sqrt(s + epsilon) dw       u = rho u + (1 - rho) d^2       w -= alpha d
///
/// Epsilon is inside the root, where it determines the size of the first step. alpha = 1 is the method of the paper.
/// The defaults are those of PyTorch; the paper and Keras use rho = 0.95.
///
/// Throws   DataError from `init` when rho is not in [0, 1) or epsilon is not positive.
/// Source   Zeiler: ADADELTA: an adaptive learning rate method (arXiv:1212.5701, 2012), algorithm 1
struct Adadelta {
  static constexpr std::string_view name = "Adadelta";

  LearningRate learning_rate = 1.0;
  double rho = 0.9;
  double epsilon = 1e-6;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M gradients, steps;  // s and u

    void visit_members(auto& a) {
      a("progress", progress);
      a("gradients", gradients);
      a("steps", steps);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    expect_share({"Adadelta", "rho", rho});
    expect_positive({"Adadelta", "epsilon", epsilon,
                     "choose a small number such as 1e-6, without which no step is taken"});
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const T alpha = T(learning_rate(state.progress)), eps = T(epsilon);
    ++state.progress.step;
    visit_parts(
        workers,
        [&](auto w, auto dw, auto s, auto u) {
          update_average(s, dw.square(), rho);
          w -= alpha * ((u + eps) / (s + eps)).sqrt() * dw;
          update_average(u, (u + eps) / (s + eps) * dw.square(), rho);  // of d^2, without storing d
        },
        model, gradient, state.gradients, state.steps);
  }
};

}  // namespace descent
