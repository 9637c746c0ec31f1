#pragma once

#include <optional>

#include "descent/core/exponential_average.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Copies the parameters and the state of a model. Allocates only the first time.
template <Parameterized M>
void copy_leaves(const M& from, std::optional<M>& to, Workers& workers) {
  using T = typename M::Scalar;
  if (!to) {
    to.emplace(from);
    return;
  }
  visit_leaves(*to, from, [&](const Leaf<T>& copy, const Leaf<const T>& value) {
    for_numbers(workers, value.size(), [&](const Part& part) { copy.array(part) = value.array(part); });
  });
}

/// Averages a mini-batch's gradient into the mean gradient of the mini-batches before it in the same step, by the
/// weights of their samples: `weight` and in total `before`. Writes the new mean to both.
template <Parameterized M>
void accumulate(std::optional<M>& mean, M& gradient, double weight, double before, Workers& workers) {
  using T = typename M::Scalar;
  if (before == 0) return copy_leaves(gradient, mean, workers);
  const double share = weight / (before + weight);
  visit_leaves(*mean, gradient, [&](const Leaf<T>& all, const Leaf<const T>& own) {
    if (all.is_state()) return;
    for_numbers(workers, all.size(), [&](const Part& part) {
      auto numbers = all.array(part);
      update_average(numbers, own.array(part), 1 - share);
    });
  });
  visit_leaves(gradient, *mean, [&](const Leaf<T>& own, const Leaf<const T>& all) {
    if (own.is_state()) return;
    for_numbers(workers, all.size(), [&](const Part& part) { own.array(part) = all.array(part); });
  });
}

/// Updates an exponential moving average of a model's weights, which starts at the first model. `share` is that of
/// the old weights. Copies the state, such as running statistics, which is an average already.
template <Parameterized M>
void average_weights(std::optional<M>& average, const M& model, double share, Workers& workers) {
  using T = typename M::Scalar;
  if (!average) average.emplace(model);
  visit_leaves(*average, model, [&](const Leaf<T>& mean, const Leaf<const T>& now) {
    for_numbers(workers, mean.size(), [&](const Part& part) {
      auto weights = mean.array(part);
      if (mean.is_state())
        weights = now.array(part);
      else
        update_average(weights, now.array(part), share);
    });
  });
}

}  // namespace descent::detail
