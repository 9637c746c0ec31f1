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

namespace descent {

namespace detail {

/// Waits until the file or the folder is on the disk; false when the disk says no.
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

/// Renames a file, which replaces one that has the new name.
inline std::error_code rename_over(const std::string& from, const std::string& to) {
#if defined(_WIN32)
  std::error_code error;  // std::rename does not replace a file there
  std::filesystem::rename(from, to, error);
  return error;
#else
  return {std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno, std::generic_category()};
#endif
}

}  // namespace detail

/// Writes a file beside its name with `write(std::ostream&)`, waits until it is on the disk and renames it into place,
/// so that whoever reads it meanwhile, or after a crash, finds the old file or the new one, and none that is half
/// written. The stream has the classic locale, whatever that of the program is.
///
/// Throws   FormatError, which names `user`, when the file cannot be written; the old one stays.
void replace_file(const std::string& path, std::string_view user, auto&& write) {
  const std::string beside = path + ".part";
  try {
    std::ofstream out{beside, std::ios::binary};
    out.imbue(std::locale::classic());
    if (out) write(static_cast<std::ostream&>(out));
    out.close();
    if (!out || !detail::sync_to_disk(beside))
      throw_error<FormatError>(user, {"expected to write \"", path, "\", but writing failed"},
                               "does the folder exist, may you write to it, and is there room?");
    if (const std::error_code error = detail::rename_over(beside, path))
      throw_error<FormatError>(
          user, {"expected to rename \"", beside, "\" to \"", path, "\", but got: ", error.message()},
          "is there a folder of that name, or does another program keep the file open?");
  } catch (...) {
    std::remove(beside.c_str());
    throw;
  }
  // So that the new name is on the disk, too. Not every file system can do that, and the file is safe without.
  const std::size_t folder = path.rfind('/');
  detail::sync_to_disk(folder == std::string::npos ? "." : path.substr(0, folder + 1));
}

}  // namespace descent
