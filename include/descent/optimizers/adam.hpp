#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// The state of Adam: v and s.
template <Parameterized M>
struct AdamState {
  TrainingProgress progress;
  M first, second;

  void visit_members(auto& a) { a("progress", progress), a("first", first), a("second", second); }
};

/// Coefficients of the step alpha * v / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon) of Adam and its variants.
/// Both bias corrections are hoisted out of the loop: sqrt(s / c) + epsilon = (sqrt(s) + epsilon sqrt(c)) / sqrt(c).
template <std::floating_point T>
struct AdamStep {
  T rate, epsilon;

  AdamStep(const auto& options, double alpha, std::int64_t t) {
    const double root = std::sqrt(bias_correction(options.beta2, t));
    rate = T(alpha * root / bias_correction(options.beta1, t));
    epsilon = T(options.epsilon * root);
  }
};

void expect_adam_options(std::string_view component, const auto& options) {
  expect_share({component, "beta1", options.beta1});
  expect_share({component, "beta2", options.beta2});
  expect_not_negative({component, "epsilon", options.epsilon});
}

}  // namespace detail

/// Adam: steps along the running mean of the gradient, divided by the root of its running mean square, both
/// bias-corrected.
///
///   v = beta1 v + (1 - beta1) dw         s = beta2 s + (1 - beta2) dw^2        t = 1, 2, ...
///   w -= alpha * v / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
///
/// Epsilon is added to the corrected root, as in the paper's algorithm and PyTorch. Keras adds its 1e-7 to the root
/// before the correction, as the paper suggests in section 2; there is no option for that. The epsilons differ by a
/// factor sqrt(1 - beta2^t), which tends to 1.
///
/// Throws   DataError from `init` when a beta is not in [0, 1) or epsilon is negative.
/// Source   Kingma, Ba: Adam (ICLR 2015), algorithm 1
/// Example  examples/01_digits.cpp
struct Adam {
  static constexpr std::string_view name = "Adam";

  LearningRate learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <Parameterized M>
  using State = detail::AdamState<M>;

  template <Parameterized M>
  State<M> init(const M& model) const {
    detail::expect_adam_options("Adam", *this);
    return {{}, zeros_like(model), zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    const double alpha = learning_rate(state.progress);
    const detail::AdamStep<typename M::Scalar> at{*this, alpha, ++state.progress.step};
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v, auto s) {
          update_average(v, dw, beta1);
          update_average(s, dw.square(), beta2);
          w -= at.rate * v / (s.sqrt() + at.epsilon);
        },
        model, gradient, state.first, state.second);
  }
};

}  // namespace descent
