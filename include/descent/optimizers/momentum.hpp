#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The definition of the velocity v of an optimizer with momentum. Both give the same updates if the sum has the
/// learning rate alpha * (1 - beta).
enum class Velocity : std::uint8_t {
  average,  ///< v = beta v + (1 - beta) dw
  sum,      ///< v = beta v + dw, as in PyTorch
};

namespace detail {
void update_velocity(auto& v, const auto& dw, double beta, Velocity velocity) {
  using T = typename std::remove_cvref_t<decltype(v)>::Scalar;
  if (velocity == Velocity::average)
    update_average(v, dw, beta);
  else
    v = T(beta) * v + dw;
}
}  // namespace detail

/// Gradient descent with momentum: steps along an exponentially weighted average of the gradients.
///
///   v = beta v + (1 - beta) dw      w -= alpha v      v = 0 at first
///
/// `.velocity = Velocity::sum` is the form of PyTorch, v = beta v + dw. Keras has alpha inside, v = beta v - alpha dw,
/// which is equivalent while alpha is constant. With `.bias_correction` the step is alpha v / (1 - beta^t),
/// t = 1, 2, ..., so that the first steps are as long as the later ones.
///
/// Throws   DataError from `init` when beta is not in [0, 1).
/// Source   Polyak: Some methods of speeding up the convergence of iteration methods (1964); the weighted
///          form as in A. Ng's course
/// Example  examples/05_optimizers.cpp
struct Momentum {
  static constexpr std::string_view name = "Momentum";

  LearningRate learning_rate = 0.1;
  double beta = 0.9;
  Velocity velocity = Velocity::average;
  bool bias_correction = false;

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
    expect_share({"Momentum", "beta", beta});
    return {{}, zeros_like(model)};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state, Workers& workers = single_thread) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    ++state.progress.step;
    const T rate = T(bias_correction ? alpha / descent::bias_correction(beta, state.progress.step) : alpha);
    visit_parts(
        workers,
        [&](auto w, auto dw, auto v) {
          detail::update_velocity(v, dw, beta, velocity);
          w -= rate * v;
        },
        model, gradient, state.velocity);
  }
};

}  // namespace descent
