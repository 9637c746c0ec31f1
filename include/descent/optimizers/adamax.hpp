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

/// AdaMax: Adam with an exponentially decaying maximum of |dw| in place of the root mean square.
///
///   v = beta1 v + (1 - beta1) dw      u = max(beta2 u, |dw| + epsilon)      w -= alpha / (1 - beta1^t) * v / u
///
/// The paper has no epsilon; PyTorch adds it as above, Keras in the division, v / (u + epsilon), for which there is no
/// option. The divisors differ by at most epsilon.
///
/// Throws   DataError from `init` when a beta is not in [0, 1) or epsilon is not positive.
/// Source   Kingma, Ba: Adam (ICLR 2015), algorithm 2
struct Adamax {
  static constexpr std::string_view name = "Adamax";

  LearningRate learning_rate = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M first, largest;  // v and u

    void visit_members(auto& a) {
      a("progress", progress);
      a("first", first);
      a("largest", largest);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    detail::expect_adam_options("Adamax", *this);
    expect_positive({"Adamax", "epsilon", epsilon,
                     "choose a small number such as 1e-8, which avoids 0 / 0 where a gradient is 0"});
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    const T rate = T(alpha / bias_correction(beta1, ++state.progress.step)), keep = T(beta2),
            eps = T(epsilon);
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v, auto u) {
          update_average(v, dw, beta1);
          u = (keep * u).max(dw.abs() + eps);
          w -= rate * v / u;
        },
        model, gradient, state.first, state.largest);
  }
};

}  // namespace descent
