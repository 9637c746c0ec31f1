#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"

namespace descent::inline DESCENT_ABI {

/// A metric that is accumulated batch by batch.
///
///   update(prediction, target, weights)  adds a batch; `weights` has one number per sample, or is empty and all are 1
///   merge(other)                         adds the batches of another metric of the same type
///   value()                              returns the metric over all batches
///
/// A metric may have `check(outputs, target)`, as a loss, and `prepare(OutputKind)`, which receives the meaning of the
/// predictions. Both are called before the first batch.
///
/// Example  examples/08_housing.cpp
template <class A, class T>
concept Metric =
    std::copyable<A> && std::convertible_to<decltype(A::name), std::string_view> &&
    requires(A& metric, const A& other, Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) {
      metric.update(prediction, target, weights);
      metric.merge(other);
      other.value();
    };

}  // namespace descent
