#pragma once

#include <fstream>
#include <locale>
#include <ostream>
#include <string>
#include <string_view>

#include "descent/serialize/file.hpp"

namespace descent::inline DESCENT_ABI {

/// Replaces a file atomically: calls `write(std::ostream&)` on a temporary file in the same directory, flushes it to
/// disk and renames it. A concurrent reader, or one after a crash, finds the old file or the new one, but no partial
/// file. The stream has the classic locale. If `flush` is false, it is not flushed to disk, which takes milliseconds; a
/// crash of the system, though not one of the program, may then leave an empty file.
///
/// Throws   FormatError, which names `user`, when the file cannot be written; the old file is kept.
void replace_file(const std::string& path, std::string_view user, auto&& write, bool flush = true) {
  const auto write_stream = [&](const std::string& temporary) {
    std::ofstream out{temporary, std::ios::binary};
    out.imbue(std::locale::classic());
    if (out) write(static_cast<std::ostream&>(out));
    out.close();
    return static_cast<bool>(out);
  };
  detail::replace_by(path, user, write_stream, flush);
}

}  // namespace descent
