#pragma once

#include <concepts>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"

namespace descent {

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

}  // namespace descent
