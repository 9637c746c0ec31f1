#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/core/version.hpp"
#include "descent/core/visit.hpp"
#include "descent/io/onnx_builder.hpp"
#include "descent/io/onnx_fold.hpp"
#include "descent/io/onnx_layers.hpp"
#include "descent/io/onnx_model.hpp"
#include "descent/io/onnx_write.hpp"

namespace descent {

struct OnnxOptions {
  Index features = 0;                   ///< of a sample; 0: as many as the layers ask for
  bool fold_batch_norm = true;          ///< into the Dense before, or into Mul and Add
  bool softmax = false;                 ///< append one: the network then ends in probabilities
  bool input_normalisation = true;      ///< false: leave out a Standardize or MinMax that takes the input
  std::vector<std::string> classes{};   ///< names, kept as metadata: class.0, class.1 and so on
  OnnxEmitters layers = onnx_layers();  ///< how each type of layer is written
};

namespace detail {

/// How many features the model takes: the one size among its parameters that fits.
template <Layer M>
Index input_features(const M& model, const OnnxLayer::Leaves& leaves) {
  const auto takes = [&](Index features) {
    try {
      model.output_shape({features});
      return true;
    } catch (const ShapeError&) {
      return false;
    }
  };
  for (const auto& [path, leaf] : leaves)
    for (const Index size : {leaf.rows(), leaf.cols()})
      if (takes(size) && !takes(size + 1)) return size;
  throw DataError("save_onnx",
                  "expected a network that fixes the number of its inputs, got one that takes any",
                  "say how many there are: save_onnx(path, net, {.features = 64}); if its layers do not fit "
                  "together, net.output_shape({64}) says where");
}

inline OnnxModel to_onnx(const LayerDescription& description, const OnnxLayer::Leaves& leaves, Index inputs,
                         Index outputs, const OnnxOptions& options) {
  OnnxBuilder to{options.layers};
  to.input_normalisation = options.input_normalisation;
  to.model.producer_version = library_version;
  to.model.inputs = {{"x", {-1, inputs}}};
  to.model.outputs = {{"y", {-1, outputs}}};
  for (std::size_t i = 0; i < options.classes.size(); ++i)
    to.model.metadata.emplace_back(concat("class.", i), options.classes[i]);

  std::string last = to.layer({description, "", leaves}, "x");
  if (options.softmax) last = to.layer({{"Softmax", {}, {}}, "softmax", leaves}, last);
  if (last == "x") last = to.node("Identity", {last});
  replace_value(to.model, last, "y");
  if (options.fold_batch_norm) fold_batch_norms(to.model);
  return std::move(to.model);
}

}  // namespace detail

/// The network as ONNX has it: samples in rows, input `x` [batch, features], output `y` [batch, outputs], for
/// batches of any size. The nodes and constants of a layer begin with its path, as in `0.weight`.
///
/// Throws   as save_onnx.
template <Layer M>
OnnxModel to_onnx(const M& model, const OnnxOptions& options = {}) {
  OnnxLayer::Leaves leaves;
  const auto collect = [&](const auto& entry, const auto& leaf) {
    leaves.emplace(entry.name.path(), leaf.template cast<double>());
  };
  M::visit(collect, model);
  visit_state<M>(collect, model);
  const Index inputs = options.features > 0 ? options.features : detail::input_features(model, leaves);
  const Index outputs = model.output_shape({inputs}).size();
  if (!options.classes.empty() && options.classes.size() != static_cast<std::size_t>(outputs))
    throw DataError("save_onnx",
                    concat("expected a name for each of ", outputs, " classes, got ", options.classes.size()),
                    "give as many as the network has outputs");
  return detail::to_onnx(describe(model), leaves, inputs, outputs, options);
}

/// Writes a network as .onnx, opset 17, for other programs to run: its inference, in float32, to which a network of
/// double is rounded. The guide says which layer becomes what, and what the options are for.
///
///   save_onnx("digits.onnx", net, {.softmax = true});
///
/// Throws   DataError for a layer without a counterpart, named by its path; add a row to `OnnxOptions::layers`. And
///          for a network that takes any number of features, unless `features` says how many; for a wrong number of
///          class names; for weights of 2 GiB or more. ShapeError when the layers do not fit together. FormatError
///          when the file cannot be written; the old one stays.
/// Cost     holds the weights three times while it writes.
/// Source   ONNX 1.12, operators of opset 17
/// Example  examples/15_onnx.cpp
template <Layer M>
void save_onnx(std::ostream& out, const M& model, const OnnxOptions& options = {}) {
  write_onnx(out, to_onnx(model, options));
}
template <Layer M>
void save_onnx(const std::filesystem::path& path, const M& model, const OnnxOptions& options = {}) {
  write_onnx(path, to_onnx(model, options));
}

}  // namespace descent
