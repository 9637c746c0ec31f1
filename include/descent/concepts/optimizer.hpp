#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/tree/traverse.hpp"

namespace descent {

/// Training progress: the steps and epochs done, from which schedules compute the learning rate, and the factor by which
/// a plateau has lowered it. The optimizer counts its steps; `step` is written by nobody else. Whoever runs the epochs,
/// `Trainer` as a rule, writes `epoch` and `rate_scale`.
struct TrainingProgress {
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  double rate_scale = 1;

  static constexpr std::int64_t most = std::int64_t{1} << 62;  // counting on from there does not overflow

  void visit_members(auto& a) {
    a("step", step), a("epoch", epoch), a("rate_scale", rate_scale);
    if (step < 0 || epoch < 0 || step > most || epoch > most)
      throw_error<FormatError>("checkpoint",
                               {"expected steps and epochs from 0 to 2^62, got ", step, " and ", epoch},
                               "the file is damaged");
  }
};

/// An aggregate of hyper-parameters. What it remembers of a model from step to step is a value of its own, `State<M>`,
/// whose `progress` counts the steps.
///
///   init(model)                      returns the state before the first step
///   step(model, gradient, state)     takes a step and adds 1 to `state.progress.step`
///   learning_rate(progress)          returns the rate of the next step
///
/// An optimizer may have `step(model, gradient, state, workers)`, which shares the step among threads, and
/// `line_search_step`, see `LineSearchOptimizer`.
template <class O, class M>
concept Optimizer = std::copyable<O> && Parameterized<M> && std::copyable<typename O::template State<M>> &&
                    requires(const O& optimizer, M& model, const M& gradient,
                             typename O::template State<M>& state, const TrainingProgress& progress) {
                      { optimizer.init(std::as_const(model)) } -> std::same_as<typename O::template State<M>>;
                      { optimizer.step(model, gradient, state) } -> std::same_as<void>;
                      { optimizer.learning_rate(progress) } -> std::convertible_to<double>;
                      { state.progress } -> std::same_as<TrainingProgress&>;
                    };

/// An optimizer that can choose the length of a step itself, by evaluating the objective:
///
///   line_search_step(model, gradient, value, state, objective)
///
/// `gradient` and `value` are those of the objective at `model`; `objective(at, its_gradient)` returns the value at
/// another point and writes the gradient there. The member moves `model` to a lower value, leaves `gradient` and `value`
/// there, counts the step and returns true; or returns false where it found nothing lower. `minimize` calls it in place of
/// `step`.
template <class O, class M>
concept LineSearchOptimizer = Optimizer<O, M> && requires(const O& optimizer, M& model, M& gradient,
                                                          double& value, typename O::template State<M>& state,
                                                          FunctionRef<double(const M&, M&)> objective) {
  { optimizer.line_search_step(model, gradient, value, state, objective) } -> std::same_as<bool>;
};

}  // namespace descent
