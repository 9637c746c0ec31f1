#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
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

// Files by the C library: every program that trains includes this header, and <fstream> would cost its compiler more.

namespace descent::inline DESCENT_ABI::detail {

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

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Opens a file of bytes, for `rb` or `wb`; null on failure.
inline File open_bytes(const std::string& path, const char* mode) {
#if defined(_MSC_VER)
  std::FILE* file = nullptr;
  return File{fopen_s(&file, path.c_str(), mode) == 0 ? file : nullptr};
#else
  return File{std::fopen(path.c_str(), mode)};
#endif
}

/// Returns the bytes of an open file, or nothing if reading fails, as for a directory.
inline std::optional<std::string> read_bytes(std::FILE* file) {
  std::string bytes;
  for (std::size_t read = 1; read > 0;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::max(before, std::size_t{4096}));
    read = std::fread(bytes.data() + before, 1, bytes.size() - before, file);
    bytes.resize(before + read);
  }
  if (std::ferror(file) != 0) return std::nullopt;
  return bytes;
}

/// Writes a file of these bytes; returns false on failure.
inline bool write_bytes(const std::string& path, std::string_view bytes) {
  File file = open_bytes(path, "wb");
  if (file == nullptr) return false;
  const bool done = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  return std::fclose(file.release()) == 0 && done;
}

/// Replaces a file atomically, as `replace_file` documents: write(path) writes a temporary file and returns false on
/// failure.
void replace_by(const std::string& path, std::string_view user, auto&& write, bool flush) {
  const std::string temporary = path + ".part";
  try {
    if (!write(temporary) || (flush && !sync_to_disk(temporary)))
      throw_error<FormatError>(user, {"expected to write \"", path, "\", but writing failed"},
                               "pass a path in an existing directory with write permission and free space");
    if (const std::error_code error = rename_over(temporary, path))
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
  sync_to_disk(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace descent::inline DESCENT_ABI::detail
