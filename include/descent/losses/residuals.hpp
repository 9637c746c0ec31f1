#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/losses/targets.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Sums a loss of the residuals r = p - t over samples, for each sample the mean over its outputs; computes the
/// gradient, too, unless `dy` is null. `cost` maps an array of residuals to an array expression; `slope` is its
/// derivative.
template <std::floating_point T>
WeightedSum sum_over_residuals(std::string_view component, const std::type_identity_t<Batch<T>>& prediction,
                               const std::type_identity_t<Batch<T>>& target, Matrix<T>* dy,
                               SampleWeights<T> weights, Workers& workers, auto&& cost, auto&& slope) {
  expect_same_shape(component, prediction, target, weights);
  const Index outputs = prediction.rows();
  if (dy != nullptr) dy->resize(outputs, prediction.cols());
  const double total = sum_over_numbers(workers, prediction.size(), [&](const Part& numbers) {
    constexpr Index block = 256;
    T residuals[block];
    double sum = 0;
    for (Index i = numbers.first, end = i + numbers.count, next = i; i < end; i = next) {
      const Index sample = i / outputs, last = weights.empty() ? end : std::min(end, (sample + 1) * outputs);
      next = std::min(i + block, last);
      if (const T w = weights(sample); w != 0) {
        const Part part{i, next - i};
        Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> r{residuals, part.count};
        r = flat(prediction, part) - flat(target, part);
        sum += static_cast<double>(w) * static_cast<double>(cost(r).sum());
        if (dy != nullptr) flat(*dy, part) = slope(r) * (w / static_cast<T>(outputs));
      }
    }
    return sum;
  });
  if (dy != nullptr) clear_columns_without_weight(*dy, weights);
  return {total / static_cast<double>(outputs), weights.sum(prediction.cols())};
}

/// A loss of the residuals r = p - t; the mean over samples and outputs. `Cost` has a name and the function objects
/// `cost` and `slope` of `sum_over_residuals`.
template <class Cost>
struct ResidualLoss {
  static constexpr std::string_view name = Cost::name;

  void check(Index outputs, const BatchLike auto& target) const {
    expect_outputs(name, outputs, target.rows());
  }

  template <BatchLike P>
  WeightedSum value(const P& prediction, const BatchLike auto& target,
                    SampleWeights<typename P::Scalar> weights = {}) const {
    return sum_over_residuals<typename P::Scalar>(name, prediction, target, nullptr, weights, single_thread,
                                                  Cost::cost, Cost::slope);
  }

  template <BatchLike P>
  WeightedSum value_and_gradient(const P& prediction, const BatchLike auto& target,
                                 Matrix<typename P::Scalar>& dy,
                                 SampleWeights<typename P::Scalar> weights = {},
                                 Workers& workers = single_thread) const {
    return sum_over_residuals<typename P::Scalar>(name, prediction, target, &dy, weights, workers, Cost::cost,
                                                  Cost::slope);
  }
};

}  // namespace descent::detail
