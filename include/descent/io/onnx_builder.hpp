#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent {

/// A layer on its way to ONNX: what it is, where it stands, and its numbers.
class OnnxLayer {
 public:
  using Leaves = std::map<std::string, Matrix<double>, std::less<>>;

  OnnxLayer(const LayerDescription& description, std::string path, const Leaves& leaves)
      : description_{description}, path_{std::move(path)}, leaves_{leaves} {}

  const std::string& type() const { return description_.type; }
  /// Where it stands in the network, as in `2.body.0`; empty for the network itself.
  const std::string& path() const { return path_; }
  /// The path of a parameter or a layer within.
  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string{name} : concat(path_, '.', name);
  }

  /// The option that the layer's `visit_options` names so; throws DataError if there is none.
  double option(std::string_view name) const {
    for (const auto& [key, value] : description_.options)
      if (key == name) return value;
    missing("option", name);
  }

  bool has(std::string_view parameter) const { return leaves_.contains(path_of(parameter)); }
  /// The parameter or buffer of that name; throws DataError if there is none.
  const Matrix<double>& parameter(std::string_view name) const {
    const auto found = leaves_.find(path_of(name));
    if (found == leaves_.end()) missing("parameter", name);
    return found->second;
  }

  /// The layers of a composition, in its order.
  std::vector<OnnxLayer> layers() const {
    std::vector<OnnxLayer> all;
    for (const auto& [name, layer] : description_.layers) all.emplace_back(layer, path_of(name), leaves_);
    return all;
  }

 private:
  [[noreturn]] void missing(std::string_view what, std::string_view name) const {
    throw DataError(concat("save_onnx, layer \"", path_, '"'),
                    concat("expected ", type(), " to have the ", what, " \"", name, "\", found none"),
                    "name it as the layer's visit or visit_options does");
  }

  const LayerDescription& description_;
  std::string path_;
  const Leaves& leaves_;
};

class OnnxBuilder;

/// Writes a layer: adds its nodes behind the value named `x` and returns the name of the value that they end in.
using OnnxEmitter = std::function<std::string(OnnxBuilder&, const OnnxLayer&, const std::string& x)>;

/// How each type of layer is written. `onnx_layers()` has ours.
using OnnxEmitters = std::map<std::string, OnnxEmitter, std::less<>>;

/// Builds the graph of a network node by node. Names begin with the path of the layer that is being written.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(const OnnxEmitters& emitters) : emitters_{emitters} {}

  /// Adds a node with one output and returns that output's name.
  std::string node(std::string_view op, std::vector<std::string> inputs,
                   std::vector<OnnxAttribute> attributes = {}) {
    const std::string name = unused(op);
    model.nodes.push_back({std::string{op}, name, std::move(inputs), {name}, std::move(attributes), {}});
    return name;
  }

  /// Adds a constant and returns its name. Of a matrix, rows come first in `dims`.
  std::string constant(std::string_view name, const Matrix<double>& values, std::vector<std::int64_t> dims) {
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = values;
    model.initializers.push_back(
        {unused(name), std::move(dims), {rows.data(), rows.data() + rows.size()}, OnnxType::float32});
    return model.initializers.back().name;
  }
  std::string matrix(std::string_view name, const Matrix<double>& values) {
    return constant(name, values, {values.rows(), values.cols()});
  }
  std::string vector(std::string_view name, const Matrix<double>& values) {
    return constant(name, values, {values.size()});
  }
  std::string scalar(std::string_view name, double value) {
    return constant(name, Matrix<double>::Constant(1, 1, value), {});
  }

  /// Writes a layer within, as the table says; returns the name of its output.
  ///
  /// Throws   DataError, which names the layer, when the table has no row for its type.
  std::string layer(const OnnxLayer& inner, const std::string& x) {
    const auto found = emitters_.find(inner.type());
    if (found == emitters_.end())
      throw DataError(concat("save_onnx, layer \"", inner.path(), '"'),
                      concat("expected a layer with a counterpart in ONNX, got ",
                             inner.type().empty() ? "one without a name" : inner.type()),
                      "write a row for it: auto layers = onnx_layers(); layers[\"its name\"] = ...; and hand "
                      "in {.layers = layers}");
    const std::string outer = std::exchange(path_, inner.path());
    std::string y = found->second(*this, inner, x);
    path_ = outer;
    return y;
  }

  OnnxModel model;
  /// False to leave out a normalisation that takes the network's input.
  bool input_normalisation = true;

 private:
  /// `path.name`, with a number behind it where that is taken.
  std::string unused(std::string_view name) {
    const std::string first = path_.empty() ? std::string{name} : concat(path_, '.', name);
    std::string candidate = first;
    for (int i = 2; !names_.insert(candidate).second; ++i) candidate = concat(first, '_', i);
    return candidate;
  }

  const OnnxEmitters& emitters_;
  std::string path_;
  std::set<std::string> names_{"x", "y"};  // those of the network's input and output
};

}  // namespace descent
