#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/json_events.hpp"

namespace descent::inline DESCENT_ABI {

/// The metadata of a file: strings by name, stored beside the tensors.
using Metadata = std::map<std::string, std::string>;

namespace detail {

/// An entry in the header of a safetensors file: type and shape of the values, which are row-major in the bytes from
/// `begin` to `end` of the file's data.
struct TensorInfo {
  std::string name, dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// The contents of the header of a safetensors file.
struct TensorHeader {
  std::vector<TensorInfo> tensors;
  Metadata metadata;
};

inline std::string printed_shape(const std::vector<std::uint64_t>& shape) {
  std::string text = "[";
  for (const std::uint64_t size : shape) text += joined(text.size() > 1 ? ", " : "", std::to_string(size));
  return text + ']';
}

/// Returns the bytes per value of a type, or 0 for an unknown type.
inline std::uint64_t dtype_size(std::string_view dtype) {
  constexpr std::pair<std::string_view, std::uint64_t> sizes[]{
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I64", 8}, {"I32", 4},
      {"I16", 2}, {"I8", 1},  {"U64", 8}, {"U32", 4},  {"U16", 2},     {"U8", 1},      {"BOOL", 1}};
  for (const auto& [name, size] : sizes)
    if (name == dtype) return size;
  return 0;
}

/// Parses the JSON of a header.
class TensorHeaderParser final : public JsonEvents {
 public:
  TensorHeaderParser(std::string_view where, TensorHeader& header) : where_{where}, header_{header} {}

  bool number_unsigned(number_unsigned_t value) override {
    if (state_ == State::shape && tensor().shape.size() < most_dimensions)
      tensor().shape.push_back(value);
    else if (state_ == State::offsets && offsets_ < 2)
      (offsets_++ == 0 ? tensor().begin : tensor().end) = value;
    else
      fail(state_ == State::shape ? joined("more than ", most_dimensions, " dimensions")
                                  : joined("the number ", std::to_string(value)));
    return true;
  }
  bool string(string_t& value) override {
    if (state_ == State::metadata) {
      if (!header_.metadata.emplace(key_, value).second) fail(joined("metadata \"", key_, "\" twice"));
    } else if (state_ == State::tensor && key_ == "dtype") {
      tensor().dtype = value;
    } else {
      fail(joined("the string \"", value, '"'));
    }
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (state_ == State::tensor) {
      const unsigned field = key_ == "dtype" ? 1 : key_ == "shape" ? 2 : key_ == "data_offsets" ? 4 : 0;
      if (field == 0 || (seen_ & field) != 0)
        fail(joined("the field \"", key_, field == 0 ? "\"" : "\" twice"));
      seen_ |= field;
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (state_ == State::start) {
      state_ = State::file;
    } else if (state_ == State::file && key_ == "__metadata__") {
      if (std::exchange(has_metadata_, true)) fail("__metadata__ twice");
      state_ = State::metadata;
    } else if (state_ == State::file) {
      header_.tensors.emplace_back().name = key_;
      seen_ = 0;
      offsets_ = 0;
      state_ = State::tensor;
    } else {
      fail("an object");
    }
    return true;
  }
  bool end_object() override {
    if (state_ == State::tensor && (seen_ != 7 || offsets_ != 2)) fail("only some of them");
    state_ = state_ == State::file ? State::end : State::file;
    return true;
  }
  bool start_array(std::size_t) override {
    if (state_ == State::tensor && key_ == "shape")
      state_ = State::shape;
    else if (state_ == State::tensor && key_ == "data_offsets")
      state_ = State::offsets;
    else
      fail("an array");
    return true;
  }
  bool end_array() override {
    state_ = State::tensor;
    return true;
  }

 private:
  static constexpr std::size_t most_dimensions = 16;
  enum class State { start, file, metadata, tensor, shape, offsets, end };

  TensorInfo& tensor() { return header_.tensors.back(); }

  FormatError fault(const std::string& got) const override {
    if (state_ == State::metadata)
      return {where_, joined("expected strings in __metadata__, got ", got, " for \"", key_, '"'), damaged};
    if (state_ == State::start || state_ == State::file || state_ == State::end)
      return {where_, joined("expected a header with an object for each tensor, got ", got), damaged};
    return {where_,
            joined("tensor \"", header_.tensors.back().name,
                   "\": expected dtype, shape and two data_offsets, got ", got),
            damaged};
  }

  static constexpr std::string_view damaged = "save the file again: it is damaged, or violates the format";

  std::string_view where_;
  TensorHeader& header_;
  std::string key_;
  State state_ = State::start;
  unsigned seen_ = 0;     // bit mask of the fields of the tensor
  unsigned offsets_ = 0;  // the number of offsets
  bool has_metadata_ = false;
};

/// Sorts the tensors by their position in the file. Throws unless names are unique, and the bytes of the tensors are
/// contiguous and match type and shape.
inline void check_tensors(std::string_view where, std::vector<TensorInfo>& tensors) {
  std::set<std::string_view> names;
  for (const TensorInfo& t : tensors)
    if (!names.insert(t.name).second)
      throw FormatError(where, joined("tensor \"", t.name, "\": expected a unique name, got it twice"),
                        "copy or save the file again: it is damaged");

  // Sorts places and not tensors, which would compile to several times the code.
  std::vector<std::array<std::uint64_t, 3>> places;
  for (const TensorInfo& t : tensors) places.push_back({t.begin, t.end, places.size()});
  std::sort(places.begin(), places.end());
  std::vector<TensorInfo> sorted;
  sorted.reserve(tensors.size());
  for (const auto& place : places) sorted.push_back(std::move(tensors[static_cast<std::size_t>(place[2])]));
  tensors = std::move(sorted);
  std::uint64_t end = 0;
  for (const TensorInfo& t : tensors) {
    const auto fail = [&](const std::string& problem, std::string_view cure) {
      throw FormatError(where, joined("tensor \"", t.name, "\": ", problem), cure);
    };
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    // The format may gain types: for an unknown one the size in the file is not checked.
    const bool is_known = dtype_size(t.dtype) != 0;
    std::uint64_t bytes = std::max<std::uint64_t>(dtype_size(t.dtype), 1);
    for (const std::uint64_t size : t.shape) {
      if (size > most || (size != 0 && bytes > most / size))
        fail(joined("expected a shape that a file can hold, got ", printed_shape(t.shape)),
             "copy or save the file again: it is damaged");
      bytes *= size;
    }
    if (t.begin != end)
      fail(joined("expected its bytes to begin at ", std::to_string(end),
                  ", the end of the previous tensor, got ", std::to_string(t.begin)),
           "copy or save the file again: it is damaged");
    if (t.end < t.begin || (is_known && t.end - t.begin != bytes))
      fail(joined("expected ", std::to_string(bytes), " bytes for ", t.dtype, ' ', printed_shape(t.shape),
                  ", got the bytes from ", std::to_string(t.begin), " to ", std::to_string(t.end)),
           "copy or save the file again: it is damaged");
    end = t.end;
  }
}

inline TensorHeader parse_tensor_header(std::string_view where, std::string_view text) {
  if (!text.starts_with('{'))
    throw FormatError(where, "expected a header of JSON text that begins with {, got other bytes",
                      "pass a safetensors file; copy it again if it is damaged");
  TensorHeader header;
  TensorHeaderParser{where, header}.read(text);
  check_tensors(where, header.tensors);
  return header;
}

/// Serializes JSON. Throws DataError if a string in it is not UTF-8.
inline std::string dump(const nlohmann::json& json, std::string_view user) {
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw DataError(user, "expected names and strings in UTF-8, got other bytes", "convert them to UTF-8");
  }
}

/// Returns the bytes before the values, padded with spaces so that the values begin at a multiple of 8 bytes.
inline std::string tensor_header(std::string_view user, const TensorHeader& header) {
  nlohmann::json json = nlohmann::json::object();
  if (!header.metadata.empty()) json["__metadata__"] = header.metadata;
  for (const TensorInfo& t : header.tensors)
    json[t.name] = {{"dtype", t.dtype}, {"shape", t.shape}, {"data_offsets", {t.begin, t.end}}};
  std::string text = dump(json, user);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string all;
  for (unsigned i = 0; i < 8; ++i) all += static_cast<char>((std::uint64_t{text.size()} >> (8 * i)) & 0xFF);
  return all + text;
}

}  // namespace detail

}  // namespace descent
