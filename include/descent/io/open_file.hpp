#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

#include "descent/core/errors.hpp"

namespace descent::detail {

/// Opens a file to read; throws FormatError, which says where it was looked for.
inline std::ifstream open_file(const std::filesystem::path& path, std::string_view user) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw FormatError(user, joined("expected a readable file at ", path, ", found none"),
                      joined("the working directory is ", std::filesystem::current_path()));
  return in;
}

}  // namespace descent::detail
