#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/data/texts.hpp"

namespace descent::detail {

/// Takes CSV text apart: records of fields, a line each, unless a quoted field holds line breaks. Knows the
/// line that it is at, to name it in errors.
///
/// A field whose first character is a quote runs to the next single quote; in between, separators and line
/// breaks are text, and "" is a quote. Blanks around a field are dropped, those inside its quotes are kept.
///
/// Source   Shafranovich: Common format and MIME type for CSV files (RFC 4180, 2005)
class CsvParser {
 public:
  CsvParser(std::istream& in, std::string source, char separator)
      : in_{in}, source_{std::move(source)}, separator_{separator} {
    if (separator == '"' || separator == '\n' || separator == '\r')
      throw DataError("read_csv",
                      "expected a separator that is neither quote nor line break, got one of them",
                      "usual ones are ',' and ';' and '\\t'");
  }

  /// Steps to the next record; blank lines are none. False at the end.
  bool next() {
    while (next_line()) {
      if (line_.empty()) continue;
      record_line_ = line_number_;
      fields_.clear();
      for (std::size_t at = 0; read_field(at);) continue;
      return true;
    }
    return false;
  }

  std::size_t size() const { return fields_.size(); }
  std::string_view operator[](std::size_t i) const { return fields_[i]; }
  /// The line in which the record begins, counted from 1.
  std::size_t line() const { return record_line_; }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    fail(record_line_, problem, cure);
  }
  [[noreturn]] void fail(std::size_t line, const std::string& problem, std::string_view cure) const {
    throw FormatError(concat("read_csv: ", source_, ':', line), problem, cure);
  }

  /// Whether all of the text is a number. One too large becomes infinite, one too small 0.
  static bool parse(std::string_view text, double& value) {
    if (text.starts_with('+')) {
      text.remove_prefix(1);
      if (text.starts_with('-')) return false;
    }
#if defined(__cpp_lib_to_chars)
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
      value = text.find_first_of("eE") + 1 == text.find('-', 1) ? 0 : infinity<double>();
    return error != std::errc::invalid_argument && stopped == text.data() + text.size();
#else  // libc++ before 20 has no from_chars for double
    const std::string copy{text};
    char* stopped = nullptr;
    value = std::strtod(copy.c_str(), &stopped);
    return !copy.empty() && stopped == copy.c_str() + copy.size() && copy.find_first_of(" \txX+") != 0 &&
           copy.find_first_of("xX") == std::string::npos;
#endif
  }

 private:
  bool next_line() {
    if (!std::getline(in_, line_)) {
      if (in_.bad())
        fail(line_number_ + 1, "expected to read on, but reading failed", "is it a file, and not a folder?");
      return false;
    }
    if (++line_number_ == 1) drop_byte_order_mark();
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    return true;
  }

  void drop_byte_order_mark() {
    if (line_.starts_with("\xFF\xFE") || line_.starts_with("\xFE\xFF"))
      fail(1, "expected text in UTF-8, got UTF-16", "save the file as CSV in UTF-8");
    if (line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
  }

  /// Reads the field that begins at `at` and steps behind the separator after it; false for the last one.
  bool read_field(std::size_t& at) {
    fields_.begin();
    const std::size_t begin = skip_blanks(at);
    if (begin < line_.size() && line_[begin] == '"') {
      at = read_quoted(begin + 1);
    } else {
      at = std::min(line_.find(separator_, begin), line_.size());
      std::size_t end = at;
      while (end > begin && is_blank(line_[end - 1])) --end;
      fields_.append(from_line(begin, end));
    }
    return at++ < line_.size();
  }

  /// Reads what stands behind an opening quote; returns the place of the separator, or the end of the line.
  std::size_t read_quoted(std::size_t at) {
    const std::size_t opened = line_number_;
    for (;;) {
      const std::size_t quote = line_.find('"', at);
      fields_.append(from_line(at, std::min(quote, line_.size())));
      if (quote == std::string::npos) {
        if (!next_line())
          fail(opened, "expected a closing quote, got the end of the file",
               "close the quote in this line; a quote within a quoted value is written twice");
        fields_.append("\n");
        at = 0;
      } else if (quote + 1 < line_.size() && line_[quote + 1] == '"') {
        fields_.append("\"");
        at = quote + 2;
      } else {
        at = skip_blanks(quote + 1);
        if (at < line_.size() && line_[at] != separator_)
          fail(line_number_,
               concat("expected a separator behind a quoted value, got \"", line_.substr(at, 20), '"'),
               "a quote within a quoted value is written twice");
        return at;
      }
    }
  }

  std::string_view from_line(std::size_t begin, std::size_t end) const {
    return std::string_view{line_}.substr(begin, end - begin);
  }
  bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != separator_; }
  std::size_t skip_blanks(std::size_t at) const {
    while (at < line_.size() && is_blank(line_[at])) ++at;
    return at;
  }

  std::istream& in_;
  std::string source_;
  char separator_;
  std::string line_;
  Texts fields_;
  std::size_t line_number_ = 0;
  std::size_t record_line_ = 1;
};

}  // namespace descent::detail
