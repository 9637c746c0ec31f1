#pragma once

// Small ONNX graphs for the tests.

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "descent/io/onnx/load.hpp"
#include "descent/tree/describe.hpp"
#include "support.hpp"

namespace onnx_graphs {

using namespace descent;

inline OnnxTensor numbers(std::string name, std::vector<std::int64_t> dims, std::vector<double> values,
                          OnnxType type = OnnxType::float32) {
  return {std::move(name), std::move(dims), std::move(values), type};
}

/// A graph from the input `x` to the output `y`.
inline OnnxModel graph(std::vector<std::int64_t> dims, std::vector<OnnxNode> nodes,
                       std::vector<OnnxTensor> constants = {}, std::int64_t opset = 17) {
  OnnxModel model;
  model.opset = opset;
  model.inputs = {{"x", std::move(dims)}};
  model.outputs = {{"y", {-1, -1}}};
  model.nodes = {nodes.begin(), nodes.end()};
  model.initializers = {constants.begin(), constants.end()};
  return model;
}

/// A node "n" with the output `y`.
inline OnnxNode node(std::string op, std::vector<std::string> inputs,
                     std::vector<OnnxAttribute> attributes = {}) {
  return {std::move(op), "n", std::move(inputs), {"y"}, std::move(attributes), {}};
}

inline std::string error_of(const OnnxModel& model) {
  return support::message_of<FormatError>([&] { from_onnx(model); });
}

inline std::vector<std::string> types(const DynamicSequential<>& net) {
  std::vector<std::string> all;
  for (const auto& [name, layer] : describe(net).layers) all.push_back(layer.type);
  return all;
}

/// The path of a model that another program exported.
inline std::filesystem::path exported(const char* name) {
  return std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "onnx" / "exports" / name;
}

}  // namespace onnx_graphs
