#pragma once

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#if defined(_WIN32)
#include <filesystem>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Flushes a file or a directory to disk; returns false on failure.
inline bool sync_to_disk([[maybe_unused]] const std::string& path) {
#if defined(_WIN32)
  return true;
#else
  const int file = open(path.c_str(), O_RDONLY);
  if (file < 0) return false;
  const bool done = fsync(file) == 0;
  close(file);
  return done;
#endif
}

/// Renames a file and replaces an existing file of the new name.
inline std::error_code rename_over(const std::string& from, const std::string& to) {
#if defined(_WIN32)
  std::error_code error;  // std::rename does not replace a file on Windows
  std::filesystem::rename(from, to, error);
  return error;
#else
  return {std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno, std::generic_category()};
#endif
}

}  // namespace detail

/// Replaces a file atomically: calls `write(std::ostream&)` on a temporary file in the same directory, flushes it to
/// disk and renames it. A concurrent reader, or one after a crash, finds the old file or the new one, but no partial
/// file. The stream has the classic locale. If `flush` is false, it is not flushed to disk, which takes milliseconds; a
/// crash of the system, though not one of the program, may then leave an empty file.
///
/// Throws   FormatError, which names `user`, when the file cannot be written; the old file is kept.
void replace_file(const std::string& path, std::string_view user, auto&& write, bool flush = true) {
  const std::string temporary = path + ".part";
  try {
    std::ofstream out{temporary, std::ios::binary};
    out.imbue(std::locale::classic());
    if (out) write(static_cast<std::ostream&>(out));
    out.close();
    if (!out || (flush && !detail::sync_to_disk(temporary)))
      throw_error<FormatError>(user, {"expected to write \"", path, "\", but writing failed"},
                               "pass a path in an existing directory with write permission and free space");
    if (const std::error_code error = detail::rename_over(temporary, path))
      throw_error<FormatError>(
          user, {"expected to rename \"", temporary, "\" to \"", path, "\", but got: ", error.message()},
          "choose a name that no directory has, or close the file in other programs");
  } catch (...) {
    std::remove(temporary.c_str());
    throw;
  }
  if (!flush) return;
  // Flushes the new name, too. Not every file system supports this, and the content is safe without it.
  const std::size_t slash = path.rfind('/');
  detail::sync_to_disk(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace descent
