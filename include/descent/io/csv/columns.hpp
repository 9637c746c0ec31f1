#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/csv/packed_strings.hpp"
#include "descent/io/csv/parser.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The columns of a CSV file: their names and, found by name, their positions.
class CsvColumns {
 public:
  /// Reads the first record: the names or, without a header, values whose columns are named "0", "1" and so on.
  CsvColumns(CsvParser& parser, bool header) : has_header_{header} {
    if (!parser.next()) {
      if (header)
        parser.fail("expected a header line, got an empty file", "name the columns in the first line");
      parser.fail("expected lines of values, got an empty file", "pass a file with samples");
    }
    for (std::size_t column = 0; column < parser.size(); ++column)
      names_.push_back(header ? parser[column] : std::string_view{std::to_string(column)});
    by_name_.resize(names_.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::sort(by_name_.begin(), by_name_.end(), [&](std::size_t a, std::size_t b) {
      const int order = names_[a].compare(names_[b]);
      return order != 0 ? order < 0 : a < b;
    });
  }

  std::size_t size() const { return names_.size(); }
  std::string_view operator[](std::size_t column) const { return names_[column]; }

  /// Returns the position of the column with this name. Throws unless there is one.
  std::size_t find(const CsvParser& parser, std::string_view name) const {
    const auto found =
        std::lower_bound(by_name_.begin(), by_name_.end(), name,
                         [&](std::size_t i, std::string_view text) { return names_[i] < text; });
    if (found == by_name_.end() || names_[*found] != name)
      parser.fail(joined("expected a column named ", in_quotes(name), ", got ", comma_separated(names_)),
                  cure_for_separator(has_header_ ? "choose one of them, or name the columns in the first line"
                                                 : "choose a column by its index: \"0\", \"1\" and so on"));
    if (found + 1 != by_name_.end() && names_[found[1]] == name)
      parser.fail(joined("expected one column named ", in_quotes(name), ", got several"),
                  "rename the other columns");
    return *found;
  }

  /// Frees the memory for `find`, after its last call.
  void end_search() { std::vector<std::size_t>{}.swap(by_name_); }

  /// Throws unless the record has a value for each column.
  void expect_record(const CsvParser& parser) const {
    if (parser.size() != size())
      parser.fail(
          joined("expected ", size(), " values, as in the ", has_header_ ? "header" : "first line", ", got ",
                 parser.size()),
          cure_for_separator("add the missing value or separator to this line, or remove the excess one"));
  }

  /// Returns the cure to set the separator if the header is a single column that contains a usual one.
  std::string cure_for_separator(std::string_view otherwise) const {
    if (size() == 1)
      for (const std::string_view separator : {";", "\t", "|", ","})
        if (names_[0].find(separator) != std::string_view::npos)
          return joined("choose .separator = '", separator == "\t" ? "\\t" : separator, '\'');
    return std::string{otherwise};
  }

 private:
  bool has_header_;
  PackedStrings names_;
  std::vector<std::size_t> by_name_;
};

/// Returns the cure for a text in place of a number if it is one with the other decimal sign, else an empty text.
inline std::string cure_for_decimal(const CsvParser& parser, std::string_view text) {
  const char sign = parser.decimal(), other_sign = sign == '.' ? ',' : '.';
  std::string other{text};
  std::replace(other.begin(), other.end(), other_sign, sign);
  if (double value = 0; parser.parse(other, value))
    return joined("choose .decimal = '", other_sign, "' if that is the decimal sign of the file");
  return {};
}

}  // namespace descent::detail
