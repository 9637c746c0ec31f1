#pragma once

#include <algorithm>
#include <cstddef>
#include <istream>
#include <optional>
#include <string>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the remaining bytes of a stream, or nothing if reading fails, as for a directory. A stream buffer iterator
/// would throw an exception that is no descent::Error.
inline std::optional<std::string> read_all(std::istream& stream) {
  std::istream in{stream.rdbuf()};  // does not throw at the end, even if `stream` is set to throw
  std::string bytes;
  while (in) {
    const std::size_t before = bytes.size();
    constexpr std::size_t first_piece = 4096;
    bytes.resize(before + std::max(first_piece, before));
    in.read(bytes.data() + before, static_cast<std::streamsize>(bytes.size() - before));
    bytes.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return std::nullopt;
  return bytes;
}

}  // namespace descent::detail
