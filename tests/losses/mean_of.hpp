#pragma once

#include <descent/core/sample_weights.hpp>
#include <descent/core/types.hpp>

/// Returns the mean of a loss over samples.
double mean_of(const auto& loss, const auto& prediction, const auto& target) {
  return loss.value(prediction, target).mean();
}

/// Returns the mean of a loss over samples and writes its gradient to dy.
template <class T>
double mean_of(const auto& loss, const auto& prediction, const auto& target, descent::Matrix<T>& dy) {
  const descent::WeightedSum sum = loss.value_and_gradient(prediction, target, dy);
  descent::divide_by_weight(dy, sum.weight);
  return sum.mean();
}
