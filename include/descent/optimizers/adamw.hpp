#pragma once

#include <cstdint>
#include <string_view>

#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The parameters that weight decay applies to.
enum class Decays : std::uint8_t {
  weights,  ///< as in the regularizers: not biases and scales
  all,      ///< as in PyTorch and in the paper
};

/// AdamW: Adam with decoupled weight decay, which is not scaled by the size of the gradient.
///
///   v, s as in Adam
///   w = (1 - alpha weight_decay) w - alpha * v / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
///
/// By default only weights decay; `.decays = Decays::all` is PyTorch's AdamW. The decay is multiplied by the learning
/// rate as in PyTorch and Keras; the paper multiplies it by the schedule relative to its initial value. The L2
/// regularizer differs: its gradient enters v and s, and its penalty is part of the reported loss.
///
/// Epsilon is added as in Adam, where the difference to Keras is described.
///
/// Throws   DataError from `init` when a beta is not in [0, 1), or epsilon or weight_decay is negative.
/// Source   Loshchilov, Hutter: Decoupled weight decay regularization (ICLR 2019), algorithm 2
struct AdamW {
  static constexpr std::string_view name = "AdamW";

  LearningRate learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  Decays decays = Decays::weights;

  template <Parameterized M>
  using State = detail::AdamState<M>;

  template <Parameterized M>
  State<M> init(const M& model) const {
    detail::expect_adam_options("AdamW", *this);
    expect_not_negative({"AdamW", "weight_decay", weight_decay});
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    const detail::AdamStep<T> at{*this, alpha, ++state.progress.step};
    visit_parts(
        workers,
        [&](const Parameter& p, auto w, auto dw, auto v, auto s) {
          const bool decay = decays == Decays::all || p.role == Role::weight;
          const T keep = decay ? T(1 - alpha * weight_decay) : T(1);
          update_average(v, dw, beta1);
          update_average(s, dw.square(), beta2);
          w = keep * w - at.rate * v / (s.sqrt() + at.epsilon);
        },
        model, gradient, state.first, state.second);
  }
};

}  // namespace descent
