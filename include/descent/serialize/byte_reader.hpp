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

namespace descent::detail {

/// The value of type V in these bytes.
template <class V>
V from_bytes(const std::uint8_t* bytes, bool big_endian) {
  std::array<std::uint8_t, sizeof(V)> native;
  if (big_endian == (std::endian::native == std::endian::big))
    std::copy_n(bytes, sizeof(V), native.begin());
  else
    std::reverse_copy(bytes, bytes + sizeof(V), native.begin());
  return std::bit_cast<V>(native);
}

/// Reads a binary file from front to back and finds fault by the byte. What a header says of sizes is not
/// believed: memory grows only with what the stream really holds.
class ByteReader {
 public:
  using Bytes = std::vector<std::uint8_t>;

  ByteReader(std::istream& in, std::string_view user, std::string_view source)
      : in_{in}, where_{joined(user, ": ", source)} {}

  /// The next `size` bytes; throws when the file ends before. `what` says what they are.
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
             "the file is cut short: was it copied to the end?");
    }
    at_ += size;
    return bytes;
  }

  /// An unsigned number in the next `size` bytes, the most significant first.
  std::uint64_t take_big_endian(std::uint64_t size, std::string_view what) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : take(size, what)) number = (number << 8) | byte;
    return number;
  }

  /// Returns the number of bytes of these sizes together; throws for more than any file holds.
  std::uint64_t product(std::initializer_list<std::uint64_t> sizes) const {
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    std::uint64_t all = 1;
    for (const std::uint64_t size : sizes) {
      if (size != 0 && all > most / size)
        fail("expected sizes that a file can hold, got a product above 2^62", "the header is damaged");
      all *= size;
    }
    return all;
  }

  /// Throws unless the file ends here.
  void expect_end() {
    if (in_.peek() != std::istream::traits_type::eof())
      fail("expected the end of the file, got more bytes", "the sizes in its header do not fit what follows");
  }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    throw FormatError(joined(where_, ", byte ", at_), problem, cure);
  }

 private:
  std::istream& in_;
  std::string where_;
  std::uint64_t at_ = 0;
};

}  // namespace descent::detail
