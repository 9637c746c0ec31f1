#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"

namespace descent {

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
