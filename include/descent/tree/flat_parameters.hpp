#pragma once

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns all parameters of a model, or of a gradient, as one vector: one parameter after another in the order of the
/// layers, each column by column. State, such as running statistics, is not part of it.
///
///   Vector<> w = parameters_of(net);
///   set_parameters(net, w + 0.1F * direction);
///
/// Example  examples/41_sensitivity.cpp
template <Parameterized M>
Vector<typename M::Scalar> parameters_of(const M& model) {
  Vector<typename M::Scalar> all(parameter_count(model));
  Index first = 0;
  M::visit(
      [&](const Parameter&, const auto& numbers) {
        flat(all, {first, numbers.size()}) = flat(numbers);
        first += numbers.size();
      },
      model);
  return all;
}

/// Sets the parameters of a model to those of a vector in the order of `parameters_of`.
///
/// Throws   ShapeError when the vector has another length; the model is then unchanged.
template <Parameterized M>
void set_parameters(M& model, const Vector<typename M::Scalar>& all) {
  if (const Index count = parameter_count(model); all.size() != count)
    throw_error<ShapeError>("set_parameters", {"expected ", count, " values, got ", all.size()},
                            "pass a vector of the length of parameters_of(model)");
  Index first = 0;
  M::visit(
      [&](const Parameter&, auto& numbers) {
        flat(numbers) = flat(all, {first, numbers.size()});
        first += numbers.size();
      },
      model);
}

}  // namespace descent
