#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the value of type V that the bytes represent.
template <class V>
V from_bytes(const std::uint8_t* bytes, bool big_endian) {
  std::array<std::uint8_t, sizeof(V)> native;
  if (big_endian == (std::endian::native == std::endian::big))
    std::copy_n(bytes, sizeof(V), native.begin());
  else
    std::reverse_copy(bytes, bytes + sizeof(V), native.begin());
  return std::bit_cast<V>(native);
}

/// A sequential reader of binary files whose errors name the byte offset. It does not trust sizes in headers: memory
/// grows only with the bytes that the stream provides.
class ByteReader {
 public:
  using Bytes = std::vector<std::uint8_t>;

  ByteReader(std::istream& in, std::string_view user, std::string_view source)
      : in_{in}, component_{joined(user, ": ", source)} {}

  /// Returns the next `size` bytes; throws if the file ends earlier. `what` names them in the message.
  Bytes take(std::uint64_t size, std::string_view what) {
    Bytes bytes;
    while (bytes.size() < size) {
      const std::size_t before = bytes.size();
      constexpr std::size_t first_piece = 4096;
      const auto piece =
          static_cast<std::size_t>(std::min<std::uint64_t>(size - before, std::max(first_piece, before)));
      bytes.resize(before + piece);
      in_.read(reinterpret_cast<char*>(bytes.data() + before), static_cast<std::streamsize>(piece));
      const auto got = static_cast<std::size_t>(in_.gcount());
      if (got < piece)
        fail(joined("expected ", size, " bytes of ", what, ", got ", before + got),
             "copy or download the file again: it is truncated");
    }
    offset_ += size;
    return bytes;
  }

  /// Returns the big-endian unsigned integer in the next `size` bytes.
  std::uint64_t take_big_endian(std::uint64_t size, std::string_view what) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : take(size, what)) number = (number << 8) | byte;
    return number;
  }

  /// Returns the product of the sizes; throws if it is more than any file holds.
  std::uint64_t product(std::initializer_list<std::uint64_t> sizes) const {
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    std::uint64_t all = 1;
    for (const std::uint64_t size : sizes) {
      if (size != 0 && all > most / size)
        fail("expected sizes that a file can hold, got a product above 2^62",
             "copy or download the file again: its header is damaged");
      all *= size;
    }
    return all;
  }

  /// Throws unless the file ends here.
  void expect_end() {
    if (in_.peek() != std::istream::traits_type::eof())
      fail("expected the end of the file, got more bytes",
           "copy or download the file again: the sizes in its header do not match its length");
  }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    throw FormatError(joined(component_, ", byte ", offset_), problem, cure);
  }

 private:
  std::istream& in_;
  std::string component_;
  std::uint64_t offset_ = 0;
};

}  // namespace descent::detail
