#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/onnx/message.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/serialize/byte_reader.hpp"
#include "descent/serialize/half.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Appends the values of type V in `raw`, little-endian, each converted by `number`.
template <class V>
void append_raw(std::string_view raw, OnnxTensor& tensor, auto number) {
  if (raw.size() % sizeof(V) != 0)
    fail_to_read_onnx(joined("tensor \"", tensor.name, "\": expected values of ", sizeof(V), " bytes, got ",
                             raw.size(), " bytes in all"),
                      "export the model again; the file is damaged");
  tensor.values.reserve(tensor.values.size() + raw.size() / sizeof(V));
  for (std::size_t i = 0; i < raw.size(); i += sizeof(V)) {
    const V value = from_bytes<V>(reinterpret_cast<const std::uint8_t*>(raw.data() + i), false);
    tensor.values.push_back(static_cast<double>(number(value)));
  }
}
template <class V>
void append_raw(std::string_view raw, OnnxTensor& tensor) {
  append_raw<V>(raw, tensor, [](V value) { return value; });
}

/// Throws FormatError unless the number of values is the product of the dimensions.
inline void check_size(const OnnxTensor& tensor) {
  const auto expect_possible = [&](bool possible, std::int64_t size) {
    if (!possible)
      fail_to_read_onnx(
          joined("tensor \"", tensor.name, "\": expected sizes that a file can hold, got ", size),
          "export the model again; the file is damaged");
  };
  constexpr std::int64_t most = std::int64_t{1} << 62;
  std::int64_t count = 1;
  for (const std::int64_t size : tensor.dims) {
    expect_possible(size >= 0 && (size == 0 || count <= most / size), size);
    count *= size;
  }
  if (static_cast<std::uint64_t>(count) != tensor.values.size())
    fail_to_read_onnx(
        joined("tensor \"", tensor.name, "\": expected ", count, " values, got ", tensor.values.size()),
        "export the model again; the file is damaged");
}

/// Reads a TensorProto, whose values are in `raw_data`, little-endian, or in the list for their type.
inline OnnxTensor read_onnx_tensor(OnnxMessage in) {
  OnnxTensor tensor;
  std::int64_t type = 0, location = 0;
  std::string_view raw;
  std::vector<std::int32_t> small;  // int32, bool, and the bits of float16 and bfloat16
  while (in.next()) {
    const auto field = in.field();
    if (field == 1) in.append_integers(tensor.dims);
    if (field == 2) type = in.integer();
    if (field == 4) in.append_floats(tensor.values);
    if (field == 5) in.append_integers(small);
    if (field == 7) in.append_integers(tensor.values);
    if (field == 8) tensor.name = in.text();
    if (field == 9) raw = in.bytes();
    if (field == 10) in.append_doubles(tensor.values);
    if (field == 14) location = in.integer();
  }
  if (location != 0)
    fail_to_read_onnx(
        joined("tensor \"", tensor.name,
               "\": expected its values in the file, got a reference to another file"),
        "save the model as one file: onnx.save_model(model, path, save_as_external_data=False)");
  tensor.type = static_cast<OnnxType>(type);
  const auto append = [&]<class V>(V, auto number) {
    tensor.values.clear();
    append_raw<V>(raw, tensor, number);
    for (const std::int32_t value : small)
      tensor.values.push_back(static_cast<double>(number(static_cast<V>(value))));
  };
  if (!raw.empty()) tensor.values.clear();
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
    case OnnxType::int32:
      append(std::int32_t{}, [](std::int32_t value) { return value; });
      break;
    case OnnxType::float16:
      append(std::uint16_t{}, from_half);
      break;
    case OnnxType::bfloat16:
      append(std::uint16_t{}, from_bfloat16);
      break;
    case OnnxType::boolean:
      append(std::uint8_t{}, [](std::uint8_t value) { return value != 0; });
      break;
    default:
      tensor.values.clear();  // the network may not need it: the node that does is refused
      return tensor;
  }
  check_size(tensor);
  return tensor;
}

}  // namespace descent::detail
