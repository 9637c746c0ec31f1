#pragma once

#include <algorithm>
#include <cstddef>
#include <istream>
#include <optional>
#include <string>

namespace descent::detail {

/// All bytes that are left of a stream; nothing where reading fails, as it does for a folder. An iterator over the
/// buffer would throw what is no Error of ours.
inline std::optional<std::string> read_all(std::istream& stream) {
  std::istream in{stream.rdbuf()};  // its end is no fault, even where the stream is set to throw
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
