#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <variant>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/atomic_file.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail::onnx {

using protozero::pbf_writer;

/// The values in little-endian order, for `raw_data`.
inline std::string raw_bytes(const OnnxTensor& tensor) {
  std::string bytes;
  const auto put = [&](std::uint64_t bits, int size) {
    for (int k = 0; k < size; ++k) bytes += static_cast<char>((bits >> (8 * k)) & 0xFF);
  };
  bytes.reserve(tensor.values.size() * (tensor.type == OnnxType::float32 ? 4 : 8));
  for (const double value : tensor.values) {
    if (tensor.type == OnnxType::float32)
      put(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
    else if (tensor.type == OnnxType::float64)
      put(std::bit_cast<std::uint64_t>(value), 8);
    else if (tensor.type == OnnxType::boolean)
      put(value != 0 ? 1 : 0, 1);
    else
      put(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), 8);
  }
  return bytes;
}

// The field numbers are those of onnx.proto.

inline void write(pbf_writer out, const OnnxTensor& tensor) {
  if (tensor.type != OnnxType::float32 && tensor.type != OnnxType::float64 &&
      tensor.type != OnnxType::int64 && tensor.type != OnnxType::boolean)
    throw DataError(
        "write_onnx",
        joined("tensor \"", tensor.name, "\": expected float32, float64, int64 or boolean, got type ",
               static_cast<std::int32_t>(tensor.type)),
        "convert the tensor to one of these types");
  out.add_packed_int64(1, tensor.dims.begin(), tensor.dims.end());
  out.add_int32(2, static_cast<std::int32_t>(tensor.type));
  if (!tensor.name.empty()) out.add_string(8, tensor.name);
  out.add_bytes(9, raw_bytes(tensor));
}

inline void write(pbf_writer out, const OnnxAttribute& attribute) {
  enum Type { float_ = 1, int_ = 2, string_ = 3, tensor_ = 4, floats_ = 6, ints_ = 7, strings_ = 8 };
  out.add_string(1, attribute.name);
  const auto& value = attribute.value;
  int type = 0;
  if (const auto* number = std::get_if<double>(&value)) {
    out.add_float(2, static_cast<float>(*number));
    type = float_;
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.add_int64(3, *integer);
    type = int_;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.add_bytes(4, *text);
    type = string_;
  } else if (const auto* tensor = std::get_if<OnnxTensor>(&value)) {
    write(pbf_writer{out, 5}, *tensor);
    type = tensor_;
  } else if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    for (const double each : *numbers) out.add_float(7, static_cast<float>(each));
    type = floats_;
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
    for (const std::int64_t each : *integers) out.add_int64(8, each);
    type = ints_;
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& each : *texts) out.add_bytes(9, each);
    type = strings_;
  }
  out.add_int32(20, type);
}

inline void write(pbf_writer out, const OnnxNode& node) {
  for (const std::string& input : node.inputs) out.add_string(1, input);
  for (const std::string& output : node.outputs) out.add_string(2, output);
  out.add_string(3, node.name);
  out.add_string(4, node.op);
  for (const OnnxAttribute& attribute : node.attributes) write(pbf_writer{out, 5}, attribute);
  if (!node.domain.empty()) out.add_string(7, node.domain);
}

inline void write(pbf_writer out, const OnnxValue& value) {
  out.add_string(1, value.name);
  pbf_writer type{out, 2};
  pbf_writer tensor{type, 1};
  tensor.add_int32(1, static_cast<std::int32_t>(OnnxType::float32));
  pbf_writer shape{tensor, 2};
  for (std::size_t i = 0; i < value.dims.size(); ++i) {
    pbf_writer dimension{shape, 1};
    if (value.dims[i] >= 0)
      dimension.add_int64(1, value.dims[i]);
    else
      dimension.add_string(2, i == 0 ? "batch" : joined(value.name, i));
  }
}

inline std::string write(const OnnxModel& model) {
  constexpr std::int64_t ir_version = 8;
  std::string bytes;
  pbf_writer out{bytes};
  out.add_int64(1, ir_version);
  out.add_string(2, model.producer);
  out.add_string(3, model.producer_version);
  {
    pbf_writer graph{out, 7};
    for (const OnnxNode& node : model.nodes) write(pbf_writer{graph, 1}, node);
    graph.add_string(2, model.graph);
    for (const OnnxTensor& tensor : model.initializers) write(pbf_writer{graph, 5}, tensor);
    for (const OnnxValue& value : model.inputs) write(pbf_writer{graph, 11}, value);
    for (const OnnxValue& value : model.outputs) write(pbf_writer{graph, 12}, value);
  }
  {
    pbf_writer opset{out, 8};
    opset.add_string(1, "");
    opset.add_int64(2, model.opset);
  }
  for (const auto& [key, text] : model.metadata) {
    pbf_writer entry{out, 14};
    entry.add_string(1, key);
    entry.add_string(2, text);
  }
  return bytes;
}

}  // namespace detail::onnx

/// Writes a model in the format of ONNX, IR version 8, with inputs and outputs of float32.
///
/// Throws   DataError when the weights have 2 GiB or more, the limit of the format.
/// Source   onnx.proto of ONNX 1.12
inline void write_onnx(std::ostream& out, const OnnxModel& model) {
  constexpr std::uint64_t most = (std::uint64_t{1} << 31) - (1 << 20);  // with room for the names
  std::uint64_t size = 0;
  for (const OnnxTensor& tensor : model.initializers)
    size += tensor.values.size() * (tensor.type == OnnxType::float32 ? 4 : 8);
  if (size > most)
    throw DataError("write_onnx", detail::joined("expected less than 2 GiB of weights, got ", size, " bytes"),
                    "use another format");
  const std::string bytes = detail::onnx::write(model);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Writes a model to a file: to a temporary one, which then replaces it.
///
/// Throws   FormatError when the file cannot be written; an old file is kept.
inline void write_onnx(const std::filesystem::path& path, const OnnxModel& model) {
  replace_file(path.string(), "write_onnx", [&](std::ostream& out) { write_onnx(out, model); });
}

}  // namespace descent
