#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns a text as a string of JSON, in quotes and with its control characters escaped.
inline std::string json_text(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      json.append({'\\', c});
    else if (code < 0x20)
      json.append({'\\', 'u', '0', '0', hex[code / 16], hex[code % 16]});
    else
      json += c;
  }
  return json + '"';
}

/// Returns a number of JSON with 17 digits, from which the same number is read back, or null if it is not finite.
inline std::string json_number(double number) {
  return is_finite(number) ? joined({Formatted{number, std::chars_format::general, 17}}) : "null";
}

}  // namespace descent::detail
