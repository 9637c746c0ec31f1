#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/row_major.hpp"
#include "descent/io/safetensors/tensor_header.hpp"
#include "descent/serialize/byte_reader.hpp"
#include "descent/serialize/half.hpp"
#include "descent/tree/dimensions.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A view of a parameter or of state in the memory of the model, with its path.
template <class T>
struct NamedTensor : TensorView<T> {
  std::string name;
  NamedTensor(std::string path, const TensorView<T>& numbers)
      : TensorView<T>{numbers}, name{std::move(path)} {}
};

template <class M>
auto tensors_of(M& model) {
  std::vector<NamedTensor<NumberOf<M>>> tensors;
  visit_leaves(model, [&](const Leaf<NumberOf<M>>& leaf) { tensors.emplace_back(leaf.name().path(), leaf); });
  return tensors;
}

/// Returns the dimensions of a tensor as stored in a file.
inline std::vector<std::uint64_t> shape_of(const Dimensions& dimensions) {
  std::vector<std::uint64_t> shape;
  for (std::size_t k = 0; k < dimensions.rank(); ++k)
    shape.push_back(static_cast<std::uint64_t>(dimensions[k]));
  return shape;
}

template <std::floating_point T>
constexpr std::string_view dtype_of = sizeof(T) == 4 ? "F32" : "F64";

/// Reads a safetensors file: the header at once, checked against the size of the file, and the values of each tensor
/// on demand.
///
///   the length of the header in 8 bytes, little-endian
///   the header: JSON text, {"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
///   the values, little-endian, row-major
///
/// Throws   FormatError, which names file and tensor, for a header that is damaged or does not match the file.
/// Cost     memory of at most 12 times the size of the file, whatever its header says.
/// Source   https://huggingface.co/docs/safetensors, "Format"
class TensorFile {
 public:
  TensorFile(std::istream& in, std::string_view user, const std::string& source)
      : in_{in}, where_{joined(user, ": ", source)} {
    ByteReader bytes{in, user, source};
    std::uint64_t length = from_bytes<std::uint64_t>(bytes.take(8, "a header").data(), false);
    constexpr std::uint64_t longest = 100'000'000;  // the limit of the reference implementation
    if (length > longest)
      fail(joined("expected a header of at most ", longest, " bytes, got one of ", std::to_string(length)),
           "pass a safetensors file");
    const auto text = bytes.take(length, "a header");
    header_ = parse_tensor_header(where_, {reinterpret_cast<const char*>(text.data()), text.size()});

    first_ = in.tellg();
    in.seekg(0, std::ios::end);
    const std::streamoff size = in.tellg() - first_;
    if (first_ < 0 || !in)
      fail("expected a seekable stream, got another",
           "read it into a std::stringstream first: text << packed.rdbuf()");
    const std::uint64_t expected = header_.tensors.empty() ? 0 : header_.tensors.back().end;
    if (static_cast<std::uint64_t>(size) != expected)
      fail(joined("expected ", expected, " bytes of values, got ", size),
           static_cast<std::uint64_t>(size) < expected
               ? "copy the file again: it is cut short"
               : "save the file again: its header does not match its length");
  }

  /// Returns the tensors, sorted by their position in the file.
  const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  const Metadata& metadata() const { return header_.metadata; }

  const TensorInfo* find(std::string_view name) const {
    const auto found =
        std::find_if(tensors().begin(), tensors().end(), [&](const TensorInfo& t) { return t.name == name; });
    return found == tensors().end() ? nullptr : &*found;
  }

  /// Throws unless the values of a tensor are of a floating-point type that `read` converts.
  void expect_floats(const TensorInfo& tensor) const {
    if (tensor.dtype != "F64" && tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16")
      fail(tensor.name, joined("expected F64, F32, F16 or BF16, got ", tensor.dtype),
           "save it as floats, such as tensor.float()");
  }

  /// Reads the values of a tensor in the file, converted to T, into a tensor of the same shape. Calls on_bytes(bytes) with
  /// each chunk of the file.
  template <std::floating_point T>
  void read(const TensorInfo& tensor, const TensorView<T>& to, auto&& on_bytes) const {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "expected float or double");
    in_.clear();
    in_.seekg(first_ + static_cast<std::streamoff>(tensor.begin));
    from_row_major(to, [&](std::span<T> values) { read_next(tensor, values, on_bytes); });
  }
  template <std::floating_point T>
  void read(const TensorInfo& tensor, const TensorView<T>& to) const {
    read(tensor, to, [](std::span<const char>) {});
  }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    throw FormatError(where_, problem, cure);
  }
  [[noreturn]] void fail(const std::string& tensor, const std::string& problem, std::string_view cure) const {
    fail(joined("tensor \"", tensor, "\": ", problem), cure);
  }
  const std::string& where() const { return where_; }

 private:
  // Small enough that a hash finds the chunk in the cache, and a multiple of the size of any value.
  static constexpr std::size_t chunk_size = std::size_t{1} << 18;

  /// Reads the next values of a tensor, in the order of the file.
  template <std::floating_point T>
  void read_next(const TensorInfo& tensor, std::span<T> values, auto&& on_bytes) const {
    if (std::endian::native == std::endian::little && tensor.dtype == dtype_of<T>) {
      std::span<char> bytes{reinterpret_cast<char*>(values.data()), values.size_bytes()};
      while (!bytes.empty()) {
        const std::span<char> chunk = bytes.first(std::min(bytes.size(), chunk_size));
        read_chunk(tensor, chunk);
        on_bytes(std::span<const char>{chunk});
        bytes = bytes.subspan(chunk.size());
      }
      return;
    }
    std::size_t left = values.size() * static_cast<std::size_t>(dtype_size(tensor.dtype));
    std::vector<char> buffer(std::min(left, chunk_size));
    for (T* to = values.data(); left > 0;) {
      const std::span<char> chunk{buffer.data(), std::min(left, chunk_size)};
      read_chunk(tensor, chunk);
      on_bytes(std::span<const char>{chunk});
      to = convert(tensor, chunk, to);
      left -= chunk.size();
    }
  }
  void read_chunk(const TensorInfo& tensor, std::span<char> chunk) const {
    in_.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    if (static_cast<std::size_t>(in_.gcount()) != chunk.size())
      fail(tensor.name, "expected its bytes, got a read error",
           "read the file again, and do not change it meanwhile");
  }

  template <class T>
  T* convert(const TensorInfo& tensor, std::span<const char> chunk, T* to) const {
    const auto each = [&]<class V>(V, auto number) {
      for (std::size_t i = 0; i < chunk.size(); i += sizeof(V))
        *to++ = static_cast<T>(
            number(from_bytes<V>(reinterpret_cast<const std::uint8_t*>(chunk.data()) + i, false)));
    };
    if (tensor.dtype == "F32")
      each(float{}, [](float v) { return v; });
    else if (tensor.dtype == "F64")
      each(double{}, [](double v) { return v; });
    else if (tensor.dtype == "F16")
      each(std::uint16_t{}, from_half);
    else if (tensor.dtype == "BF16")
      each(std::uint16_t{}, from_bfloat16);
    else
      expect_floats(tensor);  // throws
    return to;
  }

  std::istream& in_;
  std::string where_;
  TensorHeader header_;
  std::streamoff first_ = 0;  // the position of the values
};

/// Appends a tensor to the header.
template <class Number>
void append_tensor(TensorHeader& header, std::string name, const TensorView<Number>& tensor) {
  const std::uint64_t begin = header.tensors.empty() ? 0 : header.tensors.back().end;
  const std::uint64_t bytes = static_cast<std::uint64_t>(tensor.size()) * sizeof(Number);
  header.tensors.push_back({std::move(name), std::string{dtype_of<std::remove_const_t<Number>>},
                            shape_of(tensor.dimensions), begin, begin + bytes});
}

/// Writes the values of a tensor, row-major and little-endian.
template <class Number>
void write_tensor(std::ostream& out, const TensorView<Number>& tensor) {
  static_assert(sizeof(Number) == 4 || sizeof(Number) == 8, "expected float or double");
  to_row_major(tensor, [&](auto values) {
    if constexpr (std::endian::native == std::endian::little) {
      out.write(reinterpret_cast<const char*>(values.data()),
                static_cast<std::streamsize>(values.size_bytes()));
    } else {
      for (const auto value : values) {
        auto bytes = std::bit_cast<std::array<char, sizeof(Number)>>(value);
        std::reverse(bytes.begin(), bytes.end());
        out.write(bytes.data(), sizeof(Number));
      }
    }
  });
}

}  // namespace descent::detail
