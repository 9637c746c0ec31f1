#pragma once

#include <optional>

#include "descent/core/exponential_average.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Calls f(to, from, part) for parts of every parameter and all state of two models, in parallel.
template <Parameterized M>
void visit_leaf_parts(
    M& to, const M& from, Workers& workers,
    FunctionRef<void(const Leaf<typename M::Scalar>&, const Leaf<const typename M::Scalar>&, const Part&)>
        f) {
  visit_leaves(to, from, [&](const auto& leaf, const auto& other) {
    for_numbers(workers, leaf.size(), [&](const Part& part) { f(leaf, other, part); });
  });
}

/// Copies the parameters and the state of a model. Allocates only the first time.
template <Parameterized M>
void copy_leaves(const M& from, std::optional<M>& to, Workers& workers) {
  if (!to) {
    to.emplace(from);
    return;
  }
  visit_leaf_parts(*to, from, workers, [](const auto& copy, const auto& value, const Part& part) {
    copy.array(part) = value.array(part);
  });
}

/// Averages a mini-batch's gradient into the mean gradient of the mini-batches before it in the same step, by the
/// weights of their samples: `weight` and in total `before`. Writes the new mean to both.
template <Parameterized M>
void accumulate(std::optional<M>& mean, M& gradient, double weight, double before, Workers& workers) {
  if (before == 0) return copy_leaves(gradient, mean, workers);
  const double share = weight / (before + weight);
  visit_leaf_parts(*mean, gradient, workers, [&](const auto& all, const auto& own, const Part& part) {
    if (!all.is_state()) update_average(all.array(part), own.array(part), 1 - share);
  });
  visit_leaf_parts(gradient, *mean, workers, [](const auto& own, const auto& all, const Part& part) {
    if (!own.is_state()) own.array(part) = all.array(part);
  });
}

/// Updates an exponential moving average of a model's weights, which starts at the first model. `share` is that of
/// the old weights. Copies the state, such as running statistics, which is an average already.
template <Parameterized M>
void average_weights(std::optional<M>& average, const M& model, double share, Workers& workers) {
  if (!average) average.emplace(model);
  visit_leaf_parts(*average, model, workers, [&](const auto& mean, const auto& now, const Part& part) {
    if (mean.is_state())
      mean.array(part) = now.array(part);
    else
      update_average(mean.array(part), now.array(part), share);
  });
}

}  // namespace descent::detail
