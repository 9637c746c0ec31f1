#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#if !defined(__cpp_lib_to_chars)
#include <clocale>
#include <cstdlib>
#endif

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

// Conversions between numbers and text that do not depend on the locale, as streams and the functions of C do.
namespace descent::inline DESCENT_ABI::detail {

/// Returns a number as std::printf prints it in the C locale: with `digits` significant digits in general notation,
/// else with `digits` digits after the point.
inline std::string number_text(double number, std::chars_format notation, int digits) {
  return joined({Formatted{number, notation, digits}});
}

/// Parses a number and returns true if the whole text is one. Overflow yields infinity, underflow 0.
inline bool parse_number(std::string_view text, double& value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
#if defined(__cpp_lib_to_chars)
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    value = text.find_first_of("eE") + 1 == text.find('-', 1) ? 0 : infinity<double>();
  return error != std::errc::invalid_argument && stopped == text.data() + text.size();
#else  // libc++ before 20 has no from_chars for double, and strtod reads the decimal point of the locale
  std::string copy{text};
  if (copy.find_first_of(" \t+") == 0 || copy.find_first_of("xX") != std::string::npos) return false;
  if (const std::string_view point = std::localeconv()->decimal_point; point != ".") {
    if (copy.find(point) != std::string::npos) return false;
    if (const std::size_t at = copy.find('.'); at != std::string::npos) copy.replace(at, 1, point);
  }
  char* stopped = nullptr;
  value = std::strtod(copy.c_str(), &stopped);
  return !copy.empty() && stopped == copy.c_str() + copy.size();
#endif
}

/// Pads a text with spaces on the left.
inline std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width - (text.size() < width ? text.size() : width), ' ').append(text);
}

/// Pads a text with spaces on the right.
inline std::string left_aligned(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace descent::detail
