#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/pass.hpp"
#include "descent/core/random.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"

namespace descent {

namespace detail {
struct AcceptAnything {
  void operator()(const auto&, auto&...) const {}
};

/// A value that an option of type `Option` does not hold, and no list of them. Options have a constructor for it, which
/// asserts what the value lacks; else the compiler would only say that it cannot convert.
template <class V, class Option>
concept Misfit = std::is_class_v<V> && !std::same_as<V, Option> && !requires(V& v) { v.begin(); };

template <class>
inline constexpr bool never = false;
}  // namespace detail

/// A value that names its parameters once: `M::visit(f, tree...)` calls `f(Parameter{...}, tree.member...)`
/// for each of them, over any number of values of the same structure.
template <class M>
concept Parameterized =
    requires(M& model, const M& other) { M::visit(detail::AcceptAnything{}, model, other); };

/// A differentiable function with parameters, a plain value.
///
///   output_shape(in)                        the shape after the layer; throws ShapeError when `in` does not fit
///   forward(x, cache, pass)                 returns y, in memory of the cache or of x
///   backward(x, dy, cache, gradient, pass)  overwrites the parameters of `gradient`, a layer of the same type, with
///                                           dL/dparameter, and returns dx, in memory of the cache or of dy; the cache
///                                           and the pass are those of forward
///
/// forward and backward are const: what they need to remember is in the cache, which the caller owns.
///
/// Optional members, the hooks. A hook with another signature, or a member whose name is close to that of a hook, does
/// not compile (core/hooks.hpp).
///
///   static constexpr std::string_view name   the type's name in errors and files
///   static visit_state(f, tree...)          calls f(Parameter{"name", Role::state}, tree.member...) for the numbers that
///                                           training updates and no gradient moves, such as running statistics
///   update_state(cache)                     updates them after a training step, from what forward left in the cache
///   static visit_options(f, tree...)        calls f("name", tree.member...) for the options that forward depends on
///   backward_parameters(x, dy, cache, gradient, pass)   backward without dx, where dx is work of its own
///   output_kind()                           the meaning of the outputs, if the layer is the last of a network
///   visit_layers(f)                         of a composition: calls f(name, layer) for each layer
///   visit_outputs(cache, f)                 of a composition: calls f(Name, y) for all that its layers computed in forward
///   describe()                              of a layer that holds another of any type: its description
template <class L>
concept Layer = std::copyable<L> && Parameterized<L> && std::floating_point<typename L::Scalar> &&
                std::default_initializable<typename L::Cache> &&
                requires(const L& layer, L& gradient, typename L::Cache& cache,
                         const Batch<typename L::Scalar>& x, const Pass& pass, const Shape& in) {
                  { layer.output_shape(in) } -> std::same_as<Shape>;
                  { layer.forward(x, cache, pass) } -> std::same_as<Batch<typename L::Scalar>>;
                  { layer.backward(x, x, cache, gradient, pass) } -> std::same_as<Batch<typename L::Scalar>>;
                };

template <class L, class T>
concept LayerOf = Layer<L> && std::same_as<typename L::Scalar, T>;

/// A cost of a batch: a sum over its samples, each multiplied by its weight, and the sum of these weights. A loss never
/// divides by the number of samples; the trainer divides once, when it knows all of a batch.
///
///   value(prediction, target, weights)                   the sum
///   value_and_gradient(prediction, target, dy, weights)  the same, and dy = d sum / d prediction
///
/// `weights` has one number a sample, or is empty and all are 1. A sample whose weight is 0 has no gradient.
///
/// A loss may have `check(outputs, target)`, which throws DataError for targets that it cannot take, and
/// `static constexpr OutputKind expects`, the kind of predictions that it takes. Both are looked at once, before training.
template <class F, class T>
concept Loss = std::copyable<F> && requires(const F& loss, Batch<T> prediction, Batch<T> target,
                                            Matrix<T>& dy, SampleWeights<T> weights) {
  { loss.value(prediction, target, weights) } -> std::same_as<WeightedSum>;
  { loss.value_and_gradient(prediction, target, dy, weights) } -> std::same_as<WeightedSum>;
};

/// A pure function of the number of steps or epochs done so far.
template <class S>
concept Schedule = std::copy_constructible<S> && std::regular_invocable<const S&, std::int64_t> &&
                   std::convertible_to<std::invoke_result_t<const S&, std::int64_t>, double>;

/// The numbers of inputs and outputs of a unit.
struct Fan {
  Index in, out;
};

/// Throws ShapeError unless values come into the unit and go out of it.
inline void expect_fan(std::string_view component, const Fan& fan) {
  if (fan.in < 1 || fan.out < 1)
    throw_error<ShapeError>(component,
                            {"expected a fan of at least 1 in and 1 out, got ", fan.in, " and ", fan.out},
                            "pass the number of inputs and outputs of a unit");
}

/// Fills a weight matrix with its first values.
template <class I, class T>
concept Initializer =
    requires(const I& init, Matrix<T>& weight, const Fan& fan, Rng& rng) { init(weight, fan, rng); };

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

/// A term of the cost that depends on the weights alone. `samples` is the m of lambda / m.
template <class R, class M>
concept Regularizer =
    std::copy_constructible<R> && requires(const R& r, const M& model, M& gradient, Index samples) {
      { r.penalty(model, samples) } -> std::convertible_to<double>;
      { r.add_gradient(model, gradient, samples) } -> std::same_as<void>;
    };

/// A measure that is gathered batch by batch.
///
///   update(prediction, target, weights)  adds a batch; `weights` has one number a sample, or is empty and all are 1
///   merge(other)                         adds what another one gathered
///   value()                              the measure of all that was added
///
/// A metric may have `check(outputs, target)`, as a loss, and `prepare(OutputKind)`, which learns the meaning of the
/// predictions. Both are called before the first batch.
template <class A, class T>
concept Metric =
    std::copyable<A> && std::convertible_to<decltype(A::name), std::string_view> &&
    requires(A& metric, const A& other, Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) {
      metric.update(prediction, target, weights);
      metric.merge(other);
      other.value();
    };

}  // namespace descent
