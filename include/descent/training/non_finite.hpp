#pragma once

#include <string>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

namespace descent::detail {

/// Whether all parameters of a model, or of a gradient, are finite.
template <Parameterized M>
bool all_parameters_finite(const M& model) {
  bool finite = true;
  M::visit([&](const Parameter&, const auto& leaf) { finite = finite && all_finite(flat(leaf)); }, model);
  return finite;
}

/// Where the first number that is not finite stands after a forward pass, in the order of the layers.
template <Layer M>
std::string first_fault_forward(const M& model, const typename M::Cache& cache) {
  std::string fault;
  M::visit(
      [&](const Parameter& p, const auto& leaf) {
        if (fault.empty() && !all_finite(flat(leaf))) fault = concat("parameter \"", p.name.path(), '"');
      },
      model);
  if constexpr (requires { model.visit_outputs(cache, [](const std::string&, const auto&) {}); }) {
    model.visit_outputs(cache, [&](const std::string& position, const auto& y) {
      if (fault.empty() && !all_finite(flat(y))) fault = concat("the output of layer \"", position, '"');
    });
  }
  return fault.empty() ? "the loss itself" : fault;
}

/// The same after a backward pass, which runs from the last layer to the first.
template <Parameterized M>
std::string first_fault_backward(const M& gradient) {
  std::string fault;
  M::visit(
      [&](const Parameter& p, const auto& leaf) {
        if (!all_finite(flat(leaf))) fault = concat("the gradient of \"", p.name.path(), '"');
      },
      gradient);
  return fault;
}

[[noreturn]] inline void throw_not_finite(std::string_view what, double value, const Clock& clock,
                                          double learning_rate, const std::string& fault) {
  throw NumericalError("fit",
                       concat("expected a finite ", what, ", got ", value, " at step ", clock.step + 1,
                              " with learning rate ", learning_rate, "; it begins in ", fault),
                       "lower the learning rate, or bring the inputs to mean 0 and deviation 1; the model "
                       "is as it was before the step");
}

}  // namespace descent::detail
