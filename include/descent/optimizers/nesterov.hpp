#pragma once

#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/momentum.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Nesterov momentum: steps along the velocity that another update with the same gradient would give.
///
///   v = beta v + (1 - beta) dw      w -= alpha (beta v + (1 - beta) dw)      v = 0 at first
///
/// In this form w is the look-ahead point, so that the gradient is evaluated at w itself. `.velocity = Velocity::sum`
/// is the form of PyTorch: v = beta v + dw, w -= alpha (beta v + dw). Keras has alpha inside v, which is equivalent
/// while alpha is constant.
///
/// Throws   DataError from `init` when beta is not in [0, 1).
/// Source   Nesterov: A method of solving a convex programming problem with convergence rate O(1/k^2) (1983);
///          the form after Bengio, Boulanger-Lewandowski, Pascanu: Advances in optimizing recurrent networks
///          (ICASSP 2013), section 3.5
struct Nesterov {
  static constexpr std::string_view name = "Nesterov";

  LearningRate learning_rate = 0.1;
  double beta = 0.9;
  Velocity velocity = Velocity::average;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M velocity;

    void visit_members(auto& a) {
      a("progress", progress);
      a("velocity", velocity);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    expect_share({"Nesterov", "beta", beta});
    return {{}, zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    ++state.progress.step;
    const T ahead = T(alpha * beta), now = T(velocity == Velocity::average ? alpha * (1 - beta) : alpha);
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v) {
          detail::update_velocity(v, dw, beta, velocity);
          w -= ahead * v + now * dw;
        },
        model, gradient, state.velocity);
  }
};

}  // namespace descent
