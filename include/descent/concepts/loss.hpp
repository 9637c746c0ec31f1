#pragma once

#include <concepts>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A loss function: the weighted sum over the samples of a batch and the sum of the weights. A loss never divides by
/// the number of samples; the trainer divides once per batch.
///
///   value(prediction, target, weights)                   returns the sums
///   value_and_gradient(prediction, target, dy, weights)  returns the sums and sets dy = d sum / d prediction
///
/// `weights` has one number per sample, or is empty and all are 1. A sample with weight 0 has gradient 0.
///
/// A loss may take the threads of the step as a last argument of `value_and_gradient`, `Workers&`, to share the
/// work for many outputs; one that does not runs on the calling thread.
///
/// A loss may have `check(outputs, target)`, which throws DataError for invalid targets, and
/// `static constexpr OutputKind expects`, the kind of predictions that it expects. Both are checked once, before
/// training.
///
/// Example  examples/10_your_own.cpp
template <class F, class T>
concept Loss = std::copyable<F> && requires(const F& loss, Batch<T> prediction, Batch<T> target,
                                            Matrix<T>& dy, SampleWeights<T> weights) {
  { loss.value(prediction, target, weights) } -> std::same_as<WeightedSum>;
  { loss.value_and_gradient(prediction, target, dy, weights) } -> std::same_as<WeightedSum>;
};

}  // namespace descent
