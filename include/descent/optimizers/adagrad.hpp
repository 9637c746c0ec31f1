#pragma once

#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Adagrad: divides each gradient by the root of the sum of its past squares, so that parameters with rare gradients
/// take large steps. The step sizes only decrease.
///
///   s += dw^2      w -= alpha dw / (sqrt(s) + epsilon)      s = initial_sum at first
///
/// The initial sum is 0 as in PyTorch; the default of Keras is `.initial_sum = 0.1`. Keras also adds epsilon inside
/// the root, for which there is no option; next to an initial sum of 0.1 the difference is negligible.
///
/// Throws   DataError from `init` when epsilon or the initial sum is negative.
/// Source   Duchi, Hazan, Singer: Adaptive subgradient methods for online learning and stochastic optimization
///          (JMLR 12, 2011)
struct Adagrad {
  static constexpr std::string_view name = "Adagrad";

  LearningRate learning_rate = 0.01;
  double epsilon = 1e-10;
  double initial_sum = 0;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M sum;  // s

    void visit_members(auto& a) {
      a("progress", progress);
      a("sum", sum);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    expect_not_negative({"Adagrad", "epsilon", epsilon});
    expect_not_negative({"Adagrad", "initial_sum", initial_sum});
    State<M> state{{}, zeros_like(model)};
    visit_flat([&](auto s) { s.setConstant(typename M::Scalar(initial_sum)); }, state.sum);
    return state;
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const T alpha = T(learning_rate(state.progress)), eps = T(epsilon);
    ++state.progress.step;
    visit_parts(
        workers,
        [&](auto w, auto dw, auto s) {
          s += dw.square();
          w -= alpha * dw / (s.sqrt() + eps);
        },
        model, gradient, state.sum);
  }
};

}  // namespace descent
