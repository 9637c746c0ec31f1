#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The names of the first and the last parameter that is not finite; empty if all are finite.
struct NonFiniteParameters {
  std::string first, last;
  bool empty() const { return first.empty(); }
};

/// Finds the parameters of a model, or of a gradient, that are not finite.
template <Parameterized M>
NonFiniteParameters non_finite_parameters(const M& model) {
  NonFiniteParameters names;
  // Only reads; the cast shares the instantiation for models that are not const, which saves compile time.
  visit_leaves(const_cast<M&>(model), [&](const auto& leaf) {
    if (leaf.is_state() || all_finite(leaf.array())) return;
    names.last = leaf.name().path();
    if (names.first.empty()) names.first = names.last;
  });
  return names;
}

/// True if no parameter of a model, or of a gradient, is infinite or NaN.
template <Parameterized M>
bool all_parameters_finite(M& model, Workers& workers) {
  std::atomic<bool> finite = true;
  workers.run([&](int rank) {
    visit_leaves(model, [&](const auto& leaf) {
      const Part part = part_of(leaf.size(), rank, workers.size(), 64);
      if (!leaf.is_state() && !all_finite(leaf.array(part))) finite.store(false, std::memory_order_relaxed);
    });
  });
  return finite;
}

/// Names the first place in the order of the layers where a forward pass is not finite.
template <Layer M>
[[gnu::cold]] std::string first_fault_forward(const M& model, const typename M::Cache& cache) {
  std::string place;
  if (const auto faulty = non_finite_parameters(model); !faulty.empty())
    return joined({"parameter \"", faulty.first, '"'});
  if constexpr (requires { model.visit_outputs(cache, [](const Name&, const auto&) {}); }) {
    const auto visit_output = [&](const Name& name, const Batch<typename M::Scalar>& y) {
      if (place.empty() && !all_finite(y)) place = joined({"the output of layer \"", name.path(), '"'});
    };
    // By reference, so that the function is compiled once and not once per layer.
    model.visit_outputs(cache,
                        FunctionRef<void(const Name&, const Batch<typename M::Scalar>&)>{visit_output});
  }
  return place.empty() ? "the loss itself" : place;
}

/// Names the first parameter whose gradient is not finite in a backward pass, which runs from the last layer to the
/// first.
template <Parameterized M>
[[gnu::cold]] std::string first_fault_backward(const M& gradient) {
  return joined({"the gradient of \"", non_finite_parameters(gradient).last, '"'});
}

/// A quantity that is not finite, and its origin.
struct Fault {
  std::string_view what;
  double value;
  std::string place;
};

/// Throws NumericalError for a step that is not taken.
[[noreturn]] inline void throw_not_finite(const Fault& fault, const TrainingProgress& progress,
                                          double learning_rate) {
  throw_error<NumericalError>(
      "fit",
      {"expected a finite ", fault.what, ", got ", fault.value, " at step ", progress.step + 1,
       " with learning rate ", learning_rate, "; it begins in ", fault.place},
      "lower the learning rate, or bring the inputs to mean 0 and deviation 1; the model "
      "is as it was before the step");
}

/// Throws NumericalError unless all weights are finite.
template <Parameterized M>
void expect_finite_weights(const M& model, const TrainingProgress& progress, double learning_rate) {
  const auto faulty = non_finite_parameters(model);
  if (faulty.empty()) return;
  throw_error<NumericalError>(
      "fit",
      {"expected finite weights after step ", progress.step, " with learning rate ", learning_rate,
       ", got infinity or not-a-number in parameter \"", faulty.first, '"'},
      "lower the learning rate and start again from the weights before");
}

}  // namespace descent::detail
