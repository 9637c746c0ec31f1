#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/json_events.hpp"

namespace descent {

/// PackedStrings that a file carries beside its numbers.
using Metadata = std::map<std::string, std::string>;

namespace detail {

/// A tensor of a safetensors file as its header has it: type and shape of the values, which lie row after row in the
/// bytes from `begin` to `end` of the file's buffer.
struct TensorInfo {
  std::string name, dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// The content of a safetensors file before the values.
struct TensorHeader {
  std::vector<TensorInfo> tensors;
  Metadata metadata;
};

inline std::string printed_shape(const std::vector<std::uint64_t>& shape) {
  std::string text = "[";
  for (const std::uint64_t size : shape) text += joined(text.size() > 1 ? ", " : "", std::to_string(size));
  return text + ']';
}

/// The bytes of a value, 0 for a type that is not known here.
inline std::uint64_t dtype_size(std::string_view dtype) {
  constexpr std::pair<std::string_view, std::uint64_t> sizes[]{
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I64", 8}, {"I32", 4},
      {"I16", 2}, {"I8", 1},  {"U64", 8}, {"U32", 4},  {"U16", 2},     {"U8", 1},      {"BOOL", 1}};
  for (const auto& [name, size] : sizes)
    if (name == dtype) return size;
  return 0;
}

/// Reads the header's JSON.
class TensorHeaderParser final : public JsonEvents {
 public:
  TensorHeaderParser(std::string_view where, TensorHeader& header) : where_{where}, header_{header} {}

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape && tensor().shape.size() < most_dimensions)
      tensor().shape.push_back(value);
    else if (place_ == Place::offsets && offsets_ < 2)
      (offsets_++ == 0 ? tensor().begin : tensor().end) = value;
    else
      fail(place_ == Place::shape ? joined("more than ", most_dimensions, " dimensions")
                                  : joined("the number ", std::to_string(value)));
    return true;
  }
  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      if (!header_.metadata.emplace(key_, value).second) fail(joined("metadata \"", key_, "\" twice"));
    } else if (place_ == Place::tensor && key_ == "dtype") {
      tensor().dtype = value;
    } else {
      fail(joined("the text \"", value, '"'));
    }
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (place_ == Place::tensor) {
      const unsigned field = key_ == "dtype" ? 1 : key_ == "shape" ? 2 : key_ == "data_offsets" ? 4 : 0;
      if (field == 0 || (seen_ & field) != 0)
        fail(joined("the field \"", key_, field == 0 ? "\"" : "\" twice"));
      seen_ |= field;
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::start) {
      place_ = Place::file;
    } else if (place_ == Place::file && key_ == "__metadata__") {
      if (std::exchange(has_metadata_, true)) fail("__metadata__ twice");
      place_ = Place::metadata;
    } else if (place_ == Place::file) {
      header_.tensors.emplace_back().name = key_;
      seen_ = 0;
      offsets_ = 0;
      place_ = Place::tensor;
    } else {
      fail("an object");
    }
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor && (seen_ != 7 || offsets_ != 2)) fail("not all of them");
    place_ = place_ == Place::file ? Place::end : Place::file;
    return true;
  }
  bool start_array(std::size_t) override {
    if (place_ == Place::tensor && key_ == "shape")
      place_ = Place::shape;
    else if (place_ == Place::tensor && key_ == "data_offsets")
      place_ = Place::offsets;
    else
      fail("a list");
    return true;
  }
  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }

 private:
  static constexpr std::size_t most_dimensions = 16;
  enum class Place { start, file, metadata, tensor, shape, offsets, end };

  TensorInfo& tensor() { return header_.tensors.back(); }

  FormatError fault(const std::string& got) const override {
    if (place_ == Place::metadata)
      return {where_, joined("expected texts in __metadata__, got ", got, " for \"", key_, '"'), damaged};
    if (place_ == Place::start || place_ == Place::file || place_ == Place::end)
      return {where_, joined("expected a header that lists tensors, got ", got), damaged};
    return {where_,
            joined("tensor \"", header_.tensors.back().name,
                   "\": expected dtype, shape and two data_offsets, got ", got),
            damaged};
  }

  static constexpr std::string_view damaged = "the file is damaged, or not written as the format asks";

  std::string_view where_;
  TensorHeader& header_;
  std::string key_;
  Place place_ = Place::start;
  unsigned seen_ = 0;     // which fields of the tensor
  unsigned offsets_ = 0;  // how many of them
  bool has_metadata_ = false;
};

/// Throws unless no two tensors have a name, and their bytes follow one another without a gap and are as many as
/// type and shape say. Sorts them by their place.
inline void check_tensors(std::string_view where, std::vector<TensorInfo>& tensors) {
  std::vector<std::string_view> names;
  for (const TensorInfo& t : tensors) names.push_back(t.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    throw FormatError(where, joined("tensor \"", *twice, "\": expected each name once, got it twice"),
                      "the file is damaged");

  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair{a.begin, a.end} < std::pair{b.begin, b.end};
  });
  std::uint64_t end = 0;
  for (const TensorInfo& t : tensors) {
    const auto fail = [&](const std::string& problem, std::string_view cure) {
      throw FormatError(where, joined("tensor \"", t.name, "\": ", problem), cure);
    };
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    // The format gains types: the bytes of one that is not known here are as many as the file says.
    const bool is_known = dtype_size(t.dtype) != 0;
    std::uint64_t bytes = std::max<std::uint64_t>(dtype_size(t.dtype), 1);
    for (const std::uint64_t size : t.shape) {
      if (size > most || (size != 0 && bytes > most / size))
        fail(joined("expected a shape that a file can hold, got ", printed_shape(t.shape)),
             "the header is damaged");
      bytes *= size;
    }
    if (t.begin != end)
      fail(joined("expected its bytes to begin at ", std::to_string(end),
                  ", where the tensor before it ends, got ", std::to_string(t.begin)),
           "tensors must not overlap and leave no holes: the header is damaged");
    if (t.end < t.begin || (is_known && t.end - t.begin != bytes))
      fail(joined("expected ", std::to_string(bytes), " bytes for ", t.dtype, ' ', printed_shape(t.shape),
                  ", got those from ", std::to_string(t.begin), " to ", std::to_string(t.end)),
           "the header is damaged");
    end = t.end;
  }
}

inline TensorHeader parse_tensor_header(std::string_view where, std::string_view text) {
  if (!text.starts_with('{'))
    throw FormatError(where, "expected a header of JSON text that begins with {, got other bytes",
                      "the file is damaged, or no safetensors file");
  TensorHeader header;
  TensorHeaderParser{where, header}.read(text);
  check_tensors(where, header.tensors);
  return header;
}

/// JSON as text; throws where a text in it is no UTF-8.
inline std::string dump(const nlohmann::json& json, std::string_view user) {
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw DataError(user, "expected names and texts in UTF-8, got other bytes", "convert them");
  }
}

/// Writes the header: padded with blanks, so that they begin at a multiple of 8 bytes.
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
