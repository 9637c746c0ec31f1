#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <optional>
#include <protozero/exception.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/message.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/read_tensor.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/read_all.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

inline OnnxAttribute read_onnx_attribute(OnnxMessage in) {
  OnnxAttribute attribute;
  std::vector<double> numbers;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
  std::int64_t type = 0;
  while (in.next()) {
    const auto field = in.field();
    if (field == 1) attribute.name = in.text();
    if (field == 2) attribute.value = in.real();
    if (field == 3) attribute.value = in.integer();
    if (field == 4) attribute.value = in.text();
    if (field == 5) attribute.value = read_onnx_tensor(in.message());
    if (field == 7) in.append_floats(numbers);
    if (field == 8) in.append_integers(integers);
    if (field == 9) texts.push_back(in.text());
    if (field == 20) type = in.integer();
  }
  // Protocol Buffers 3 omits a value of 0: only the type is in the file.
  const bool is_given = !std::holds_alternative<std::monostate>(attribute.value);
  if (type == 1 && !is_given) attribute.value = 0.0;
  if (type == 2 && !is_given) attribute.value = std::int64_t{0};
  if (type == 3 && !is_given) attribute.value = std::string{};
  if (type == 6 || !numbers.empty()) attribute.value = std::move(numbers);
  if (type == 7 || !integers.empty()) attribute.value = std::move(integers);
  if (type == 8 || !texts.empty()) attribute.value = std::move(texts);
  if (attribute.name.empty())
    fail_to_read_onnx("expected an attribute with a name, got one without",
                      "export the model again; the file is damaged");
  return attribute;
}

inline OnnxNode read_onnx_node(OnnxMessage in) {
  OnnxNode node;
  node.inputs.reserve(in.count(1, 2));
  node.outputs.reserve(in.count(2, 2));
  node.attributes.reserve(in.count(5, 5));
  while (in.next()) {
    const auto field = in.field();
    if (field == 1) node.inputs.push_back(in.text());
    if (field == 2) node.outputs.push_back(in.text());
    if (field == 3) node.name = in.text();
    if (field == 4) node.op = in.text();
    if (field == 5) node.attributes.push_back(read_onnx_attribute(in.message()));
    if (field == 7) node.domain = in.text();
  }
  // An empty node takes two bytes in the file, and a hundred times as many here. The checks for names below have the
  // same reason.
  if (node.op.empty() || node.outputs.empty())
    fail_to_read_onnx(joined("node \"", node.name, "\": expected an operator and outputs, got none"),
                      "export the model again; the file is damaged");
  while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();  // omitted
  if (node.domain == "ai.onnx") node.domain.clear();
  return node;
}

/// Calls f with every message in the field `number` of the message `in`.
void each_message(OnnxMessage in, std::uint32_t number, auto&& f) {
  while (in.next())
    if (in.field() == number) f(in.message());
}

inline OnnxValue read_onnx_value(OnnxMessage in) {
  OnnxValue value;
  const auto read_size = [&](OnnxMessage dimension) {
    std::int64_t size = -1;
    while (dimension.next())
      if (dimension.field() == 1) size = std::max<std::int64_t>(dimension.integer(), -1);
    value.dims.push_back(size);
  };
  while (in.next()) {
    if (in.field() == 1) value.name = in.text();
    if (in.field() == 2)  // TypeProto, TypeProto.Tensor, TensorShapeProto, Dimension
      each_message(in.message(), 1, [&](OnnxMessage tensor) {
        each_message(tensor, 2, [&](OnnxMessage shape) { each_message(shape, 1, read_size); });
      });
  }
  if (value.name.empty())
    fail_to_read_onnx("expected an input or output with a name, got one without",
                      "export the model again; the file is damaged");
  return value;
}

inline void read_onnx_graph(OnnxMessage in, OnnxModel& model) {
  while (in.next()) {
    const auto field = in.field();
    if (field == 1) model.nodes.push_back(read_onnx_node(in.message()));
    if (field == 2) model.graph = in.text();
    if (field == 5) {
      model.initializers.push_back(read_onnx_tensor(in.message()));
      if (model.initializers.back().name.empty())
        fail_to_read_onnx("expected a tensor with a name, got one without",
                          "export the model again; the file is damaged");
    }
    if (field == 11) model.inputs.push_back(read_onnx_value(in.message()));
    if (field == 12) model.outputs.push_back(read_onnx_value(in.message()));
  }
}

inline void read_onnx_opset(OnnxMessage in, OnnxModel& model) {
  std::string domain;
  std::int64_t version = 0;
  while (in.next()) {
    if (in.field() == 1) domain = in.text();
    if (in.field() == 2) version = in.integer();
  }
  if (domain.empty() || domain == "ai.onnx") model.opset = version;
}

inline std::pair<std::string, std::string> read_onnx_metadata(OnnxMessage in) {
  std::pair<std::string, std::string> entry;
  while (in.next()) {
    if (in.field() == 1) entry.first = in.text();
    if (in.field() == 2) entry.second = in.text();
  }
  if (entry.first.empty())
    fail_to_read_onnx("expected metadata with a name, got some without",
                      "export the model again; the file is damaged");
  return entry;
}

inline OnnxModel read_onnx_model(OnnxMessage in) {
  OnnxModel model;
  model.producer.clear();
  model.opset = 0;
  bool has_graph = false;
  while (in.next()) {
    const auto field = in.field();
    if (field == 2) model.producer = in.text();
    if (field == 3) model.producer_version = in.text();
    if (field == 7) {
      read_onnx_graph(in.message(), model);
      has_graph = true;
    }
    if (field == 8) read_onnx_opset(in.message(), model);
    if (field == 14) model.metadata.push_back(read_onnx_metadata(in.message()));
  }
  if (!has_graph) fail_to_read_onnx("expected a model with a graph, got none", "pass an .onnx file");
  if (model.opset < 1)
    fail_to_read_onnx("expected opset_import with the version of ONNX's operators, got none",
                      "export the model again; the file is damaged, or has only operators of other domains");
  return model;
}

inline OnnxModel read_onnx_from(std::istream& in, std::string_view source) {
  const std::optional<std::string> bytes = read_all(in);
  if (!bytes)
    fail_to_read_onnx(joined(source, ": expected a readable file, got a read error"),
                      "pass the path of a file, not of a folder");
  try {
    return read_onnx_model(OnnxMessage{*bytes});
  } catch (const protozero::exception& error) {
    fail_to_read_onnx(joined("expected Protocol Buffers, got damaged ones: ", error.what()),
                      "pass a complete .onnx file");
  }
}

}  // namespace detail

/// Reads a file in the format of ONNX, without checking that it is a network.
///
/// Throws   FormatError when the file cannot be read, is no .onnx file, is truncated, or keeps its values in other
///          files.
/// Cost     memory in proportion to the size of the file, whatever sizes it claims; see load_onnx.
/// Source   onnx.proto of ONNX 1.12
inline OnnxModel read_onnx(std::istream& in) { return detail::read_onnx_from(in, "stream"); }

/// Reads the graph from a file.
inline OnnxModel read_onnx(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_onnx");
  return detail::read_onnx_from(in, path.string());
}

}  // namespace descent
