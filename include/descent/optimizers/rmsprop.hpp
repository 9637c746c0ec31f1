#pragma once

#include <optional>
#include <string_view>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// RMSprop: divides each gradient by the root of the running average of its squares.
///
///   s = beta s + (1 - beta) dw^2      w -= alpha dw / (sqrt(s) + epsilon)      s = 0 at first
///
/// With `.centered` the root is that of the variance: g = beta g + (1 - beta) dw, and s - g^2 replaces s in the step.
/// For a constant gradient the variance tends to 0 and the step grows to alpha dw / epsilon: choose a larger
/// epsilon then. With `.momentum` the step is along v = momentum v + dw / (sqrt(s) + epsilon), a sum as in PyTorch,
/// not an average.
///
/// PyTorch calls beta alpha (0.99 there). Keras adds epsilon inside the root, for which there is no option: its
/// epsilon of 1e-7 has the effect of one of up to sqrt(1e-7) = 3e-4 here.
///
/// Throws   DataError from `init` when beta or momentum is not in [0, 1) or epsilon is negative.
/// Source   Tieleman, Hinton: Lecture 6.5, rmsprop (Neural networks for machine learning, Coursera, 2012);
///          centered: Graves: Generating sequences with recurrent neural networks (arXiv:1308.0850, 2013), 4.2
/// Example  examples/05_optimizers.cpp
struct RMSprop {
  static constexpr std::string_view name = "RMSprop";

  LearningRate learning_rate = 1e-3;
  double beta = 0.9;
  double epsilon = 1e-8;
  bool centered = false;
  double momentum = 0;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M square;                                   // s
    std::optional<M> mean = {}, velocity = {};  // g and v, if the options need them

    void visit_members(auto& a) {
      a("progress", progress);
      a("square", square);
      a("mean", mean, square);
      a("velocity", velocity, square);
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    expect_share({"RMSprop", "beta", beta});
    expect_share({"RMSprop", "momentum", momentum});
    expect_not_negative({"RMSprop", "epsilon", epsilon});
    State<M> state{{}, zeros_like(model)};
    if (centered) state.mean = zeros_like(model);
    if (momentum > 0) state.velocity = zeros_like(model);
    return state;
  }

  /// Uses centering and momentum if `state` was created with them, regardless of later changes of the options.
  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const T alpha = T(learning_rate(state.progress)), keep = T(momentum), eps = T(epsilon);
    ++state.progress.step;
    // The expressions hold their maps by value.
    const auto scaled = [&](auto dw, auto s) {
      update_average(s, dw.square(), beta);
      return dw / (s.sqrt() + eps);
    };
    const auto scaled_about_mean = [&](auto dw, auto s, auto g) {
      update_average(s, dw.square(), beta);
      update_average(g, dw, beta);
      return dw / ((s - g.square()).max(T(0)).sqrt() + eps);  // rounding may make it negative
    };
    const auto move = [&](auto w, auto v, const auto& d) {
      v = keep * v + d;
      w -= alpha * v;
    };

    auto& [progress, square, mean, velocity] = state;
    if (mean && velocity)
      visit_parts(
          workers, [&](auto w, auto dw, auto s, auto g, auto v) { move(w, v, scaled_about_mean(dw, s, g)); },
          model, gradient, square, *mean, *velocity);
    else if (mean)
      visit_parts(
          workers, [&](auto w, auto dw, auto s, auto g) { w -= alpha * scaled_about_mean(dw, s, g); }, model,
          gradient, square, *mean);
    else if (velocity)
      visit_parts(
          workers, [&](auto w, auto dw, auto s, auto v) { move(w, v, scaled(dw, s)); }, model, gradient,
          square, *velocity);
    else
      visit_parts(
          workers, [&](auto w, auto dw, auto s) { w -= alpha * scaled(dw, s); }, model, gradient, square);
  }
};

}  // namespace descent
