#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/half.hpp"
#include "descent/data/byte_reader.hpp"
#include "descent/io/onnx_message.hpp"
#include "descent/io/onnx_model.hpp"

namespace descent::detail {

template <class V>
void append_raw(std::string_view raw, OnnxTensor& tensor) {
  if (raw.size() % sizeof(V) != 0)
    fail_to_read_onnx(concat("tensor \"", tensor.name, "\": expected values of ", sizeof(V), " bytes, got ",
                             raw.size(), " bytes in all"),
                      "the file is damaged");
  tensor.values.reserve(tensor.values.size() + raw.size() / sizeof(V));
  for (std::size_t i = 0; i < raw.size(); i += sizeof(V)) {
    const V value = from_bytes<V>(reinterpret_cast<const std::uint8_t*>(raw.data() + i), false);
    tensor.values.push_back(static_cast<double>(value));
  }
}

/// Throws unless there are as many values as the dimensions say.
inline void check_size(const OnnxTensor& tensor) {
  const auto expect_sane = [&](bool sane, std::int64_t size) {
    if (!sane)
      fail_to_read_onnx(
          concat("tensor \"", tensor.name, "\": expected sizes that a file can hold, got ", size),
          "the file is damaged");
  };
  constexpr std::int64_t most = std::int64_t{1} << 62;
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.dims) {
    expect_sane(size >= 0 && (size == 0 || count <= most / size), size);
    count *= size;
  }
  if (static_cast<std::uint64_t>(count) != tensor.values.size())
    fail_to_read_onnx(
        concat("tensor \"", tensor.name, "\": expected ", count, " values, got ", tensor.values.size()),
        "the file is damaged");
}

/// A TensorProto: its values stand in `raw_data`, little-endian, or in the list of their type.
inline OnnxTensor read_onnx_tensor(OnnxMessage in) {
  OnnxTensor tensor;
  std::int64_t type = 0, location = 0;
  std::string_view raw;
  std::vector<std::uint16_t> bits;  // of numbers of half precision, or truth values
  while (in.next()) {
    const auto field = in.field();
    if (field == 1) in.append_integers(tensor.dims);
    if (field == 2) type = in.integer();
    if (field == 4) in.append_floats(tensor.values);
    if (field == 5) in.append_integers(bits);
    if (field == 7) in.append_integers(tensor.values);
    if (field == 8) tensor.name = in.text();
    if (field == 9) raw = in.bytes();
    if (field == 10) in.append_doubles(tensor.values);
    if (field == 14) location = in.integer();
  }
  if (location != 0)
    fail_to_read_onnx(
        concat("tensor \"", tensor.name,
               "\": expected its values in the file, found that they are in another"),
        "save the model as one file: onnx.save_model(model, path, save_as_external_data=False)");
  if (type != 1 && type != 7 && type != 9 && type != 10 && type != 11)
    fail_to_read_onnx(concat("tensor \"", tensor.name,
                             "\": expected float32, float64, float16, int64 or bool, got type ", type),
                      "convert the model to float32; quantised models are not read");
  tensor.type = static_cast<OnnxType>(type);
  const bool has_bits = tensor.type == OnnxType::float16 || tensor.type == OnnxType::boolean;
  if (!raw.empty() || has_bits) tensor.values.clear();
  switch (tensor.type) {
    case OnnxType::float32:
      append_raw<float>(raw, tensor);
      break;
    case OnnxType::float64:
      append_raw<double>(raw, tensor);
      break;
    case OnnxType::int64:
      append_raw<std::int64_t>(raw, tensor);
      break;
    case OnnxType::float16:
      append_raw<std::uint16_t>(raw, tensor);
      tensor.values.insert(tensor.values.end(), bits.begin(), bits.end());
      for (double& value : tensor.values)
        value = static_cast<double>(from_half(static_cast<std::uint16_t>(value)));
      break;
    case OnnxType::boolean:
      append_raw<std::uint8_t>(raw, tensor);
      tensor.values.insert(tensor.values.end(), bits.begin(), bits.end());
      for (double& value : tensor.values) value = value != 0 ? 1 : 0;
      break;
  }
  check_size(tensor);
  return tensor;
}

}  // namespace descent::detail
