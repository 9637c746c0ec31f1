#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Parses `count` digits at the beginning of a text, followed by `end` unless that is 0, and removes them.
inline bool take_digits(std::string_view& text, std::size_t count, int& number, char end = 0) {
  if (text.size() < count) return false;
  number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return false;
    number = 10 * number + (c - '0');
  }
  text.remove_prefix(count);
  if (end == 0) return true;
  if (!text.starts_with(end)) return false;
  text.remove_prefix(1);
  return true;
}

/// Parses a date in the format of ISO 8601, with an optional time: 2024-05-01, 2024-05-01T18:30 or 2024-05-01
/// 18:30:15, which may end in Z. The value is the number of days since 1970-01-01. Returns false for any other text.
inline bool parse_date(std::string_view text, double& days) {
  int year = 0, month = 0, day = 0;
  if (!take_digits(text, 4, year, '-') || !take_digits(text, 2, month, '-') || !take_digits(text, 2, day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  days = static_cast<double>(std::chrono::sys_days{date}.time_since_epoch().count());
  if (text.empty()) return true;

  int hour = 0, minute = 0, second = 0;
  if (text[0] != 'T' && text[0] != ' ') return false;
  text.remove_prefix(1);
  if (!take_digits(text, 2, hour, ':') || !take_digits(text, 2, minute)) return false;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    if (!take_digits(text, 2, second)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59 || !(text.empty() || text == "Z")) return false;
  days += (3600.0 * hour + 60.0 * minute + second) / 86400;
  return true;
}

/// Returns the date of a number of days, without its time; beyond the years of the calendar, the number.
inline std::string date_text(double days) {
  constexpr double most = 1e7;  // about 27,000 years, which std::chrono::year represents
  if (!(days > -most && days < most)) return joined(days, " days");
  const std::chrono::sys_days point{std::chrono::days{static_cast<int>(std::floor(days))}};
  const std::chrono::year_month_day date{point};
  const auto two = [](unsigned number) { return joined(number < 10 ? "0" : "", number); };
  std::string year = joined(static_cast<int>(date.year()));
  if (year.size() < 4) year.insert(0, 4 - year.size(), '0');
  return joined(year, '-', two(static_cast<unsigned>(date.month())), '-',
                two(static_cast<unsigned>(date.day())));
}

}  // namespace descent::detail
