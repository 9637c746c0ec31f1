#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Training progress: the numbers of steps and epochs done, from which schedules compute the learning rate, and the
/// factor by which plateaus have reduced it. Only the optimizer writes `step`. The training loop, usually `Trainer`,
/// writes `epoch` and `rate_scale`.
struct TrainingProgress {
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  double rate_scale = 1;

  static constexpr std::int64_t most = std::int64_t{1} << 62;  // adding to it does not overflow

  void visit_members(auto& a) {
    a("step", step), a("epoch", epoch), a("rate_scale", rate_scale);
    if (step < 0 || epoch < 0 || step > most || epoch > most)
      throw_error<FormatError>("checkpoint",
                               {"expected steps and epochs from 0 to 2^62, got ", step, " and ", epoch},
                               "save the checkpoint again: the file is damaged");
  }
};

/// An aggregate of hyperparameters. Its state for a model, such as moments, is a separate value `State<M>`, whose
/// `progress` counts the steps.
///
///   init(model)                      returns the state before the first step
///   step(model, gradient, state)     updates the model and increments `state.progress.step`
///   learning_rate(progress)          returns the learning rate of the next step
///
/// An optimizer may have `step(model, gradient, state, workers)`, which shares the step among threads, and
/// `line_search_step`, see `LineSearchOptimizer`.
///
/// Example  examples/05_optimizers.cpp
template <class O, class M>
concept Optimizer = std::copyable<O> && Parameterized<M> && std::copyable<typename O::template State<M>> &&
                    requires(const O& optimizer, M& model, const M& gradient,
                             typename O::template State<M>& state, const TrainingProgress& progress) {
                      { optimizer.init(std::as_const(model)) } -> std::same_as<typename O::template State<M>>;
                      { optimizer.step(model, gradient, state) } -> std::same_as<void>;
                      { optimizer.learning_rate(progress) } -> std::convertible_to<double>;
                      { state.progress } -> std::same_as<TrainingProgress&>;
                    };

/// An optimizer that chooses the step length by a line search on the objective:
///
///   line_search_step(model, gradient, value, state, objective)
///
/// `gradient` and `value` are those of the objective at `model`; `objective(point, point_gradient)` returns the value
/// at another point and writes the gradient there. The member moves `model` to a point with a lower value, updates
/// `gradient` and `value`, counts the step and returns true, or returns false if it finds no lower value. `minimize`
/// calls it instead of `step`.
///
/// Example  examples/12_minimize.cpp
template <class O, class M>
concept LineSearchOptimizer = Optimizer<O, M> && requires(const O& optimizer, M& model, M& gradient,
                                                          double& value, typename O::template State<M>& state,
                                                          FunctionRef<double(const M&, M&)> objective) {
  { optimizer.line_search_step(model, gradient, value, state, objective) } -> std::same_as<bool>;
};

}  // namespace descent
