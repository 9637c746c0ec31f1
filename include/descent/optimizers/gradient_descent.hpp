#pragma once

#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Gradient descent.
///
///   w -= alpha * dw
///
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 8.3.1
/// Example  examples/05_optimizers.cpp
struct GradientDescent {
  static constexpr std::string_view name = "GradientDescent";

  LearningRate learning_rate = 0.01;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;

    void visit_members(auto& a) { a("progress", progress); }
  };

  template <Parameterized M>
  State<M> init(const M&) const {
    return {};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const T alpha = T(learning_rate(state.progress));
    ++state.progress.step;
    visit_parts(
        workers, [&](auto w, auto dw) { w -= alpha * dw; }, model, gradient);
  }
};

}  // namespace descent
