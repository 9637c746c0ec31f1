#pragma once

#include <string>
#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns a text as a field of a CSV file: in quotes if it contains a comma, a quote or a line break.
inline std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string{text};
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + '"';
}

}  // namespace descent::detail
