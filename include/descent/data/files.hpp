#pragma once

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string_view>
#include <system_error>

#include "descent/core/errors.hpp"

namespace descent {

namespace detail {

/// Opens a file to read; throws FormatError, which says where it was looked for.
inline std::ifstream open_file(const std::filesystem::path& path, std::string_view user) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw FormatError(user, concat("expected a readable file at ", path, ", found none"),
                      concat("the working directory is ", std::filesystem::current_path()));
  return in;
}

}  // namespace detail

/// Writes a file beside its name with `write(std::ostream&)` and renames it into place, so that whoever reads
/// it meanwhile, or after a crash, finds the old file or the new one, and none that is half written.
///
/// Throws   FormatError, which names `user`, when the file cannot be written; the old one stays.
void replace_file(const std::filesystem::path& path, std::string_view user, auto&& write) {
  std::filesystem::path beside = path;
  beside += ".part";
  std::error_code error;
  try {
    std::ofstream out{beside, std::ios::binary};
    if (out) write(static_cast<std::ostream&>(out));
    out.close();
    if (!out)
      throw FormatError(user, concat("expected to write ", path, ", but writing failed"),
                        "does the folder exist, may you write to it, and is there room?");
    std::filesystem::rename(beside, path, error);
    if (error)
      throw FormatError(user,
                        concat("expected to rename ", beside, " to ", path, ", but got: ", error.message()),
                        "is there a folder of that name, or does another program keep the file open?");
  } catch (...) {
    std::filesystem::remove(beside, error);
    throw;
  }
}

}  // namespace descent
