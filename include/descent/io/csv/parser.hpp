#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/io/csv/packed_strings.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Quotes a value for a message and truncates it: in a file that is not CSV it may have any length.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  return joined('"', text.substr(0, most), text.size() > most ? "...\"" : "\"");
}
inline std::string in_column(std::string_view name) { return " in column " + in_quotes(name); }
inline std::string comma_separated(const auto& names) {
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

/// The format of CSV text, and the names for errors: of the function that reads and of the source.
struct CsvFormat {
  std::string_view user;
  std::string source;
  char separator, decimal;
};

/// Parses CSV text into records of fields, one per line unless a quoted field contains line breaks. Errors name the
/// line.
///
/// A field that begins with a quote ends at the next single quote; in between, separators and line breaks are literal,
/// and "" is a quote. Whitespace around a field is removed, inside its quotes it is kept.
///
/// Source   Shafranovich: Common format and MIME type for CSV files (RFC 4180, 2005)
class CsvParser {
 public:
  CsvParser(std::istream& in, CsvFormat format) : in_{in}, format_{std::move(format)} {
    if (separator() == '"' || separator() == '\n' || separator() == '\r')
      throw DataError(user(), "expected a separator other than a quote or a line break, got one of them",
                      "choose ',' or ';' or '\\t'");
    if (format_.decimal != '.' && format_.decimal != ',')
      throw DataError(user(), joined("expected '.' or ',' as decimal sign, got '", format_.decimal, '\''),
                      "choose one of the two");
  }

  /// Advances to the next record and skips blank lines. Returns false at the end.
  bool next() {
    while (next_line()) {
      if (line_.empty()) continue;
      record_line_ = line_number_;
      is_quoted_ = line_.find('"') != std::string_view::npos;
      if (is_quoted_) {
        fields_.clear();
        for (std::size_t at = 0; read_field(at);) continue;
      } else {
        find_separators();
      }
      return true;
    }
    return false;
  }

  std::size_t size() const { return is_quoted_ ? fields_.size() : separators_.size(); }
  std::string_view operator[](std::size_t i) const {
    if (is_quoted_) return fields_[i];
    return trimmed(i == 0 ? 0 : separators_[i - 1] + 1, separators_[i]);
  }
  std::string_view user() const { return format_.user; }
  const std::string& source() const { return format_.source; }
  char decimal() const { return format_.decimal; }
  /// Returns the line in which the record begins, counted from 1.
  std::size_t line() const { return record_line_; }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    fail(record_line_, problem, cure);
  }
  [[noreturn]] void fail(std::size_t line, const std::string& problem, std::string_view cure) const {
    throw FormatError(joined(user(), ": ", source(), ':', line), problem, cure);
  }

  /// True if the whole text is a number. Overflow gives infinity, underflow 0.
  bool parse(std::string_view text, double& value) const {
    if (format_.decimal == '.') return parse_number(text, value);
    std::string copy{text};
    for (char& c : copy) c = c == ',' ? '.' : c == '.' ? ',' : c;
    return parse_number(copy, value);
  }

 private:
  /// Advances to the next line. A line ends in LF, in LF after any number of CR, or in CR.
  bool next_line() {
    if (next_ > text_.size()) {
      if (!std::getline(in_, text_)) {
        if (in_.bad())
          fail(line_number_ + 1, "expected more lines, got a read error",
               "pass the path of a file, not of a directory");
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

  /// Finds the fields of a line without quotes, which are not copied: a line of numbers is read in one pass.
  void find_separators() {
    separators_.clear();
    const char* const text = line_.data();
    for (std::size_t at = 0; at < line_.size(); ++at)
      if (text[at] == separator()) separators_.push_back(at);
    separators_.push_back(line_.size());
  }

  /// Reads the field at `at` and advances `at` past its separator. Returns false for the last field of a line.
  bool read_field(std::size_t& at) {
    fields_.begin();
    const std::size_t begin = skip_spaces(at);
    if (begin < line_.size() && line_[begin] == '"') {
      at = read_quoted(begin + 1);
    } else {
      at = std::min(line_.find(separator(), begin), line_.size());
      fields_.append(trimmed(begin, at));
    }
    return at++ < line_.size();
  }

  /// Reads the remainder of a field after its opening quote. Returns the position of the separator, or the end of the
  /// line.
  std::size_t read_quoted(std::size_t at) {
    const std::size_t opened = line_number_;
    for (;;) {
      const std::size_t quote = line_.find('"', at);
      fields_.append(from_line(at, std::min(quote, line_.size())));
      if (quote == std::string::npos) {
        if (!next_line())
          fail(opened, "expected a closing quote, got the end of the file",
               "close the quote in this line; write a quote within a quoted value twice");
        fields_.append("\n");
        at = 0;
      } else if (quote + 1 < line_.size() && line_[quote + 1] == '"') {
        fields_.append("\"");
        at = quote + 2;
      } else {
        at = skip_spaces(quote + 1);
        if (at < line_.size() && line_[at] != separator())
          fail(line_number_,
               joined("expected a separator after a quoted value, got \"", line_.substr(at, 20), '"'),
               "write a quote within a quoted value twice");
        return at;
      }
    }
  }

  std::string_view from_line(std::size_t begin, std::size_t end) const {
    return line_.substr(begin, end - begin);
  }
  std::string_view trimmed(std::size_t begin, std::size_t end) const {
    while (begin < end && is_space(line_[begin])) ++begin;
    while (end > begin && is_space(line_[end - 1])) --end;
    return from_line(begin, end);
  }
  bool is_space(char c) const { return (c == ' ' || c == '\t') && c != separator(); }
  std::size_t skip_spaces(std::size_t at) const {
    while (at < line_.size() && is_space(line_[at])) ++at;
    return at;
  }

  char separator() const { return format_.separator; }

  std::istream& in_;
  CsvFormat format_;
  std::string text_;                     // up to LF
  std::size_t next_ = 1;                 // position of the next line in it; past its end if there is none
  std::string_view line_;                // a view of it
  bool is_quoted_ = false;               // true if the record has a quote
  PackedStrings fields_;                 // of a record with a quote
  std::vector<std::size_t> separators_;  // the ends of the fields of any other
  std::size_t line_number_ = 0;
  std::size_t record_line_ = 1;
};

}  // namespace descent::detail
