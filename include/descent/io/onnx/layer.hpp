#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/row_major.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/formula_description.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns the dimensions of a sample in ONNX, without the batch: [channels, height, width] for an image, [channels,
/// time] for a sequence, as in PyTorch's Conv1d, else [features].
inline std::vector<std::int64_t> onnx_dims(const Shape& shape) {
  if (shape.positions() == 1) return {shape.channels};
  if (shape.height == 1) return {shape.channels, shape.width};
  return {shape.channels, shape.height, shape.width};
}

/// Returns a vector with the dimensions and in the order in which ONNX broadcasts it to the samples. It has a number
/// for each channel, for each value, or a single one.
inline OnnxTensor onnx_broadcast(OnnxTensor vector, const Shape& in) {
  const auto size = static_cast<Index>(vector.values.size());
  vector.dims = onnx_dims(in);
  if (size != in.size()) {
    std::fill(vector.dims.begin() + 1, vector.dims.end(), 1);
    if (size == 1) vector.dims = {1};
    return vector;
  }
  const std::vector<double> ours = vector.values;  // the channels vary fastest; in ONNX, slowest
  for (Index c = 0; c < in.channels; ++c)
    for (Index position = 0; position < in.positions(); ++position)
      vector.values[static_cast<std::size_t>(c * in.positions() + position)] =
          ours[static_cast<std::size_t>(position * in.channels + c)];
  return vector;
}

/// The tensors and output shapes of a network that is written, by their paths.
struct OnnxNetwork {
  std::map<std::string, OnnxTensor, std::less<>> tensors;  ///< parameters and state
  std::map<std::string, Shape, std::less<>> outputs;       ///< the output shapes of layers
};

namespace detail {

/// Collects the tensors of a model in their logical dimensions, row-major as in ONNX.
template <Layer M>
OnnxNetwork onnx_tensors(const M& model) {
  OnnxNetwork network;
  visit_leaves(model, [&](const auto& leaf) {
    OnnxTensor tensor;
    for (std::size_t k = 0; k < leaf.dimensions.rank(); ++k) tensor.dims.push_back(leaf.dimensions[k]);
    to_row_major(leaf, [&](auto numbers) {
      for (const auto number : numbers) tensor.values.push_back(static_cast<double>(number));
    });
    network.tensors.emplace(leaf.name().path(), std::move(tensor));
  });
  return network;
}

/// Adds the output shapes of the layers of a model, found by a forward pass of one sample.
template <Layer M>
void add_output_shapes(OnnxNetwork& network, const M& model, const Shape& in) {
  using T = typename M::Scalar;
  network.outputs.emplace("", model.output_shape(in));
  typename M::Cache cache;
  const Vector<T> x = Vector<T>::Zero(in.size());
  model.forward({x, in}, cache, Pass::inference());
  const auto record = [&](const Name& name, const Batch<T>& y) {
    network.outputs.emplace(name.path(), y.shape());
  };
  if constexpr (requires { model.visit_outputs(cache, record); }) model.visit_outputs(cache, record);
}

}  // namespace detail

/// A layer that is written: its type, options, tensors and shapes.
class OnnxLayer {
 public:
  OnnxLayer(const LayerDescription& description, std::string path, const OnnxNetwork& network,
            const Shape& input)
      : description_{description}, path_{std::move(path)}, network_{network}, input_{input} {}

  const std::string& type() const { return description_.type; }
  /// The path in the network, such as `2.body.0`; empty for the network itself.
  const std::string& path() const { return path_; }
  /// The path of a parameter or an inner layer.
  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string{name} : detail::joined(path_, '.', name);
  }

  const Shape& input_shape() const { return input_; }
  /// The output shape; for a layer that the network does not visit, the input shape.
  const Shape& output_shape() const {
    const auto found = network_.outputs.find(path_);
    return found != network_.outputs.end() ? found->second : input_;
  }

  /// The option of this name in the layer's `visit_options`; throws DataError if there is none.
  double option(std::string_view name) const {
    for (const auto& [key, value] : description_.options)
      if (key == name) return value;
    fail_missing("option", name);
  }

  bool has(std::string_view tensor) const { return network_.tensors.contains(path_of(tensor)); }
  /// The parameter or state of this name in its logical dimensions, row-major; throws DataError if there is none.
  const OnnxTensor& tensor(std::string_view name) const {
    const auto found = network_.tensors.find(path_of(name));
    if (found == network_.tensors.end()) fail_missing("parameter", name);
    return found->second;
  }

  /// The formula of a layer that is written as one, else nullptr.
  const FormulaDescription* formula() const { return description_.formula.get(); }
  /// A layer that a formula applies, at a path in this one.
  OnnxLayer inner(const LayerDescription& description, std::string_view name) const {
    return {description, path_of(name), network_, input_};
  }

  /// The inner layers of a composition, in order.
  std::vector<OnnxLayer> layers() const {
    std::vector<OnnxLayer> all;
    for (const auto& [name, layer] : description_.layers)
      all.emplace_back(layer, path_of(name), network_, input_);
    return all;
  }
  /// A copy of the layer with another input shape.
  OnnxLayer with_input(const Shape& input) const { return {description_, path_, network_, input}; }

 private:
  [[noreturn]] void fail_missing(std::string_view what, std::string_view name) const {
    throw DataError(detail::joined("save_onnx, layer \"", path_, '"'),
                    detail::joined("expected ", type(), " to have the ", what, " \"", name, "\", got none"),
                    "pass a name from the layer's visit, visit_state or visit_options");
  }

  const LayerDescription& description_;
  std::string path_;
  const OnnxNetwork& network_;
  Shape input_;
};

}  // namespace descent
