#pragma once

#include <algorithm>
#include <concepts>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"

// The samples of losses and metrics: those of a batch or, for sequences with targets at each time step, the time steps.

namespace descent::inline DESCENT_ABI::detail {

/// The samples that a loss or a metric compares.
template <std::floating_point T>
struct Scored {
  Batch<T> prediction, target;
  SampleWeights<T> weights;
};

/// Copies for sequences with padding or weights.
template <std::floating_point T>
struct ScoredMemory {
  Matrix<T> prediction, target;
  Vector<T> weights;
};

/// True if outputs of this shape are compared with targets of `rows` values by time steps.
inline bool are_scored_by_step(const Shape& outputs, Index rows, bool have_lengths) {
  return outputs.height == 1 && (outputs.width > 1 || have_lengths) && rows > 0 && rows % outputs.width == 0;
}

/// Writes a weight for each time step: that of its sequence, or 0 in the padding. Returns the first time step with a
/// weight, or -1 if there is none.
template <std::floating_point T>
[[gnu::cold]] Index weigh_steps(const Batch<T>& prediction, SampleWeights<T> weights, Vector<T>& of_steps) {
  const Index steps = prediction.shape().width;
  of_steps.resize(steps * prediction.samples());
  Index first = -1;
  for (Index j = 0; j < prediction.samples(); ++j)
    for (Index t = 0; t < steps; ++t) {
      of_steps(j * steps + t) = t < prediction.length(j) ? weights(j) : T(0);
      if (first < 0 && t < prediction.length(j)) first = j * steps + t;
    }
  return first;
}

/// `scored_samples` for sequences with targets at each time step.
template <std::floating_point T>
[[gnu::cold, gnu::noinline]] Scored<T> scored_steps(const Batch<T>& prediction, const Batch<T>& target,
                                                    SampleWeights<T> weights, ScoredMemory<T>& memory) {
  const Index steps = prediction.shape().width, count = steps * prediction.samples();
  const bool have_lengths = !prediction.lengths().empty();
  expect_weights("loss", weights, prediction.samples());
  const Batch<T> outputs = prediction.channels(),
                 targets{target.data(), Shape{target.rows() / steps}, steps * target.samples()};
  if (target.samples() != prediction.samples() || (!have_lengths && weights.empty()))
    return {outputs, targets, {}};
  const Index first = weigh_steps(prediction, weights, memory.weights);
  if (first < 0) return {};
  if (!have_lengths) return {outputs, targets, memory.weights};
  memory.prediction.resize(outputs.rows(), count);
  memory.target.resize(targets.rows(), count);
  for (Index j = 0; j < prediction.samples(); ++j)
    for (Index t = 0; t < steps; ++t) {
      const bool counts = t < prediction.length(j);
      const Index k = j * steps + t, from = counts ? k : first;
      if (counts)
        std::copy_n(outputs.data() + k * outputs.rows(), outputs.rows(), &memory.prediction(0, k));
      else
        std::fill_n(&memory.prediction(0, k), outputs.rows(), T(0));
      std::copy_n(targets.data() + from * targets.rows(), targets.rows(), &memory.target(0, k));
    }
  return {memory.prediction, memory.target, memory.weights};
}

/// Returns what a loss or a metric compares: the samples or, if the outputs are sequences with targets at each time
/// step, the time steps, each with the weight of its sequence. A time step in the padding has weight 0, outputs of 0 and
/// the target of another step, whatever numbers it holds. Without any time step the result has no samples.
///
/// Throws   ShapeError when sequences have lengths but not targets at each time step.
template <std::floating_point T>
Scored<T> scored_samples(const Batch<T>& prediction, const Batch<T>& target, SampleWeights<T> weights,
                         ScoredMemory<T>& memory) {
  const bool have_lengths = !prediction.lengths().empty();
  if (are_scored_by_step(prediction.shape(), target.rows(), have_lengths))
    return scored_steps(prediction, target, weights, memory);
  if (have_lengths)
    throw_error<ShapeError>(
        "loss",
        {"expected targets at each of ", prediction.shape().width, " time steps, got ", target.rows(),
         " target rows"},
        "end the network in a layer that reduces the time steps, or pass a target for each of them");
  return {prediction, target, weights};
}

}  // namespace descent::inline DESCENT_ABI::detail
