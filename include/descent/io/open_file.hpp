#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Opens a file for reading. Throws FormatError, which names the working directory, if the file cannot be opened.
inline std::ifstream open_file(const std::filesystem::path& path, std::string_view user) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw FormatError(
        user, joined("expected a readable file at ", path, ", file not found"),
        joined("pass an existing path; the working directory is ", std::filesystem::current_path()));
  return in;
}

}  // namespace descent::detail
