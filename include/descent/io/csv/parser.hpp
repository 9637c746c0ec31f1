#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/io/csv/packed_strings.hpp"

namespace descent::detail {

/// A value in quotes, and cut where it is long: in a file that is no CSV it may be of any size.
inline std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  return joined('"', text.substr(0, most), text.size() > most ? "...\"" : "\"");
}
inline std::string in_column(std::string_view name) { return " in column " + shown(name); }
inline std::string listed(const auto& names) {
  constexpr std::size_t most = 10;
  std::string all;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
    all.append(all.empty() ? "" : ", ").append(std::string_view{names[i]}.substr(0, 60));
  if (names.size() > most) all.append(joined(" and ", names.size() - most, " others"));
  return all;
}

/// True for the usual spellings of a missing value.
inline bool is_missing(std::string_view field) {
  constexpr std::array<std::string_view, 6> spellings{"", "na", "n/a", "nan", "null", "?"};
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
  return std::any_of(spellings.begin(), spellings.end(), [&](std::string_view spelling) {
    return std::equal(field.begin(), field.end(), spelling.begin(), spelling.end(), same);
  });
}

/// Takes CSV text apart: records of fields, a line each, unless a quoted field holds line breaks. Knows the
/// line that it is at, to name it in errors.
///
/// A field whose first character is a quote runs to the next single quote; in between, separators and line
/// breaks are text, and "" is a quote. Blanks around a field are dropped, those inside its quotes are kept.
///
/// Source   Shafranovich: Common format and MIME type for CSV files (RFC 4180, 2005)
class CsvParser {
 public:
  CsvParser(std::istream& in, std::string source, char separator, char decimal)
      : in_{in}, source_{std::move(source)}, separator_{separator}, decimal_{decimal} {
    if (separator == '"' || separator == '\n' || separator == '\r')
      throw DataError("read_csv",
                      "expected a separator that is neither quote nor line break, got one of them",
                      "usual ones are ',' and ';' and '\\t'");
    if (decimal != '.' && decimal != ',')
      throw DataError("read_csv", joined("expected '.' or ',' as decimal sign, got '", decimal, '\''),
                      "choose one of the two");
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
    throw FormatError(joined("read_csv: ", source_, ':', line), problem, cure);
  }

  /// True if all of the text is a number. One too large becomes infinite, one too small 0.
  bool parse(std::string_view text, double& value) const {
    if (decimal_ == '.') return parse_number(text, value);
    std::string copy{text};
    for (char& c : copy) c = c == decimal_ ? '.' : c == '.' ? decimal_ : c;
    return parse_number(copy, value);
  }

 private:
  /// Steps to the next line. Its end is LF, LF after any number of CR, or CR.
  bool next_line() {
    if (next_ > text_.size()) {
      if (!std::getline(in_, text_)) {
        if (in_.bad())
          fail(line_number_ + 1, "expected to read on, but reading failed",
               "is it a file, and not a folder?");
        return false;
      }
      text_.erase(text_.find_last_not_of('\r') + 1);
      next_ = 0;
    }
    const std::size_t end = std::min(text_.find('\r', next_), text_.size());
    line_ = std::string_view{text_}.substr(next_, end - next_);
    next_ = end + 1;
    if (++line_number_ == 1) drop_byte_order_mark();
    return true;
  }

  void drop_byte_order_mark() {
    if (line_.starts_with("\xFF\xFE") || line_.starts_with("\xFE\xFF"))
      fail(1, "expected text in UTF-8, got UTF-16", "save the file as CSV in UTF-8");
    if (line_.starts_with("\xEF\xBB\xBF")) line_.remove_prefix(3);
  }

  /// Reads the field that begins at `at` and moves `at` past the separator after it; false for the last one.
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

  /// Reads the rest of a field after its opening quote; returns the place of the separator, or the end of the line.
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
               joined("expected a separator after a quoted value, got \"", line_.substr(at, 20), '"'),
               "a quote within a quoted value is written twice");
        return at;
      }
    }
  }

  std::string_view from_line(std::size_t begin, std::size_t end) const {
    return line_.substr(begin, end - begin);
  }
  bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != separator_; }
  std::size_t skip_blanks(std::size_t at) const {
    while (at < line_.size() && is_blank(line_[at])) ++at;
    return at;
  }

  std::istream& in_;
  std::string source_;
  char separator_, decimal_;
  std::string text_;       // up to a LF
  std::size_t next_ = 1;   // where in it the next line begins; past its end if there is none
  std::string_view line_;  // in it
  PackedStrings fields_;
  std::size_t line_number_ = 0;
  std::size_t record_line_ = 1;
};

}  // namespace descent::detail
