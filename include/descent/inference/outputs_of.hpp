#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/inference/predict.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// Computes the outputs of an inner layer for each sample, in inference mode: the features that a network has learned.
///
///   outputs_of(net, "3", x)          of the layer at position 3
///   outputs_of(net, "2.body.0", x)   of the first layer in the body of a residual
///
/// Shapes   x [features, m]   returns [values of the layer for a sample, m], the channels varying fastest
/// Throws   as predict; DataError, which lists the layers, when none has this name.
/// Cost     a forward pass
/// Example  examples/38_transfer.cpp
template <Layer M>
Matrix<typename M::Scalar> outputs_of(const M& model, std::string_view layer,
                                      const Batch<typename M::Scalar>& x,
                                      const PredictOptions& options = {}) {
  using T = typename M::Scalar;
  static_assert(
      requires(const typename M::Cache& cache) {
        model.visit_outputs(cache, [](const Name&, const Batch<T>&) {});
      }, "outputs_of needs a composition of layers, such as a Sequential");
  detail::expect_input(model, x, "outputs_of");
  constexpr Index batch_size = 256;
  const auto workers = options.threads.start();
  typename M::Cache cache;
  Matrix<T> outputs;
  for (Index first = 0; first < x.cols(); first += batch_size) {
    model.forward(x.columns(first, std::min(batch_size, x.cols() - first)), cache, Pass::inference(*workers));
    std::string names;
    bool found = false;
    const auto take = [&](const Name& name, const Batch<T>& y) {
      if (first == 0) names.append(names.empty() ? "" : ", ").append(name.path());
      if (!name.is(layer)) return;
      if (first == 0) outputs.resize(y.rows(), x.cols());
      outputs.middleCols(first, y.cols()) = y;
      found = true;
    };
    // By reference, so that the function is compiled once and not once per layer.
    model.visit_outputs(cache, FunctionRef<void(const Name&, const Batch<T>&)>{take});
    if (!found)
      throw_error<DataError>(
          "outputs_of", {"expected the name of a layer, got \"", layer, "\"; the layers are [", names, ']'},
          "count the layers from 0, activations included");
  }
  return outputs;
}

}  // namespace descent
