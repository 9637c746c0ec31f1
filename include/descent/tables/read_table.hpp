#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/io/csv/columns.hpp"
#include "descent/io/csv/parser.hpp"
#include "descent/io/open_file.hpp"
#include "descent/tables/dates.hpp"
#include "descent/tables/table.hpp"
#include "descent/training/progress.hpp"

namespace descent::inline DESCENT_ABI {

/// The columns of a CSV file and the format of its values, for `read_table`.
struct TableOptions {
  std::vector<std::string> columns = {};    ///< the columns to read, in this order; by default all
  std::vector<std::string> leave_out = {};  ///< columns that are not read
  /// The kinds of columns whose values do not tell, such as codes of digits. Names that the file lacks are ignored, so
  /// that files with and without the target share them.
  std::map<std::string, ColumnKind> kinds = {};
  bool header = true;                  ///< true if the first line names the columns
  std::optional<char> separator = {};  ///< by default a comma, or a semicolon with decimal commas
  char decimal = '.';                  ///< the decimal sign: '.' or ','
  std::ostream* progress = nullptr;    ///< shows the number of rows once a second, such as &std::cerr
};

namespace detail {

/// Collects the values of a column and determines their kind by the first value that is not missing.
class ColumnBuilder {
 public:
  ColumnBuilder(std::string_view name, std::optional<ColumnKind> kind) : name_{name}, kind_{kind} {}

  void take(const CsvParser& parser, std::string_view field) {
    double value = 0;
    if (kind_ == ColumnKind::numbers && parser.parse(field, value) && is_finite(value)) {
      numbers_.push_back(value);  // by far the most frequent case
    } else if (is_missing(field)) {
      numbers_.push_back(not_a_number<double>());
    } else {
      if (!kind_) kind_ = kind_of(parser, field);
      numbers_.push_back(value_of(parser, field));
    }
  }

  Column finish() && {
    Column column{std::string{name_}, kind_.value_or(ColumnKind::numbers), std::move(numbers_)};
    column.categories.resize(codes_.size());
    while (!codes_.empty()) {
      auto text = codes_.extract(codes_.begin());
      column.categories[text.mapped()] = std::move(text.key());
    }
    return column;
  }

 private:
  static ColumnKind kind_of(const CsvParser& parser, std::string_view field) {
    double value = 0;
    if (parser.parse(field, value)) return ColumnKind::numbers;
    return parse_date(field, value) ? ColumnKind::dates : ColumnKind::texts;
  }

  double value_of(const CsvParser& parser, std::string_view field) {
    double value = 0;
    switch (*kind_) {
      case ColumnKind::numbers:
        if (!parser.parse(field, value)) fail(parser, field, "a number");
        if (!is_finite(value)) fail(parser, field, "a finite number");
        return value;
      case ColumnKind::dates:
        if (!parse_date(field, value)) fail(parser, field, "a date such as 2024-05-01");
        return value;
      default:
        const auto found = codes_.find(field);
        const std::size_t code =
            found != codes_.end() ? found->second : codes_.emplace(field, codes_.size()).first->second;
        return static_cast<double>(code);
    }
  }

  [[noreturn, gnu::cold]] void fail(const CsvParser& parser, std::string_view field,
                                    std::string_view expected) const {
    std::string cure = cure_for_decimal(parser, field);
    if (cure.empty())
      cure = joined(
          "correct the value, leave it empty if it is missing, or read the column as text: .kinds = {{",
          in_quotes(name_), ", ColumnKind::texts}}");
    parser.fail(joined("expected ", expected, in_column(name_), ", got ", in_quotes(field)), cure);
  }

  std::string_view name_;
  std::optional<ColumnKind> kind_;  // none before the first value
  std::vector<double> numbers_;
  std::map<std::string, std::size_t, std::less<>> codes_;  // of texts
};

/// Reads a table from the records of a CSV file. Errors name line and column.
class TableReader {
 public:
  TableReader(std::istream& in, const TableOptions& options, const std::string& source)
      : options_{options},
        parser_{in,
                {"read_table", source, options.separator.value_or(options.decimal == ',' ? ';' : ','),
                 options.decimal}},
        columns_{parser_, options.header} {
    std::vector<bool> left_out(columns_.size());
    for (const std::string& name : options.leave_out) left_out[columns_.find(parser_, name)] = true;
    for (const std::string& name : options.columns) {
      const std::size_t column = columns_.find(parser_, name);
      if (left_out[column])
        throw DataError("read_table", joined("expected distinct columns, got ", in_quotes(name), " twice"),
                        "list it once, in .columns or in .leave_out");
      left_out[column] = true;
      positions_.push_back(column);
    }
    if (options.columns.empty())
      for (std::size_t column = 0; column < columns_.size(); ++column)
        if (!left_out[column]) positions_.push_back(columns_.find(parser_, columns_[column]));
    for (const std::size_t column : positions_) {
      const auto kind = options.kinds.find(std::string{columns_[column]});
      builders_.emplace_back(columns_[column],
                             kind == options.kinds.end() ? std::nullopt : std::optional{kind->second});
    }
  }

  Table read() {
    if (!options_.header) take_record();
    while (parser_.next()) take_record();
    if (options_.progress != nullptr && shown_) *options_.progress << rows_text() << '\n' << std::flush;
    Table table;
    table.columns.reserve(builders_.size());
    for (ColumnBuilder& builder : builders_) table.columns.push_back(std::move(builder).finish());
    return table;
  }

 private:
  void take_record() {
    columns_.expect_record(parser_);
    for (std::size_t i = 0; i < positions_.size(); ++i) builders_[i].take(parser_, parser_[positions_[i]]);
    if (++rows_ % 1024 == 0 && options_.progress != nullptr) show();
  }

  [[gnu::cold]] void show() {
    if (const double time = now(); time - shown_at_ >= 1) {
      shown_ = true;
      shown_at_ = time;
      *options_.progress << rows_text() << (is_terminal(*options_.progress) ? '\r' : '\n') << std::flush;
    }
  }
  std::string rows_text() const { return joined("read_table: ", parser_.source(), ": ", rows_, " rows"); }

  TableOptions options_;
  CsvParser parser_;
  CsvColumns columns_;
  std::vector<std::size_t> positions_;
  std::vector<ColumnBuilder> builders_;  // of the columns at these positions
  Index rows_ = 0;
  bool shown_ = false;
  double shown_at_ = now();
};

}  // namespace detail

/// Reads a table from CSV text, row by row: a header line that names the columns, unless `.header = false`, then one
/// line per row. A column holds numbers, dates or texts, as its first value that is not missing. Missing are empty
/// values and NA, N/A, NaN, null and ?.
///
/// Throws   FormatError, which names source, line and column, for a line with too few or too many values, for a value
///          of another kind than the first of its column, and for a column that does not exist or has the name of
///          another; DataError for a column that is listed twice.
/// Cost     8 bytes for each value, and each distinct text of a column once
inline Table read_table(std::istream& in, const TableOptions& options = {},
                        const std::string& source = "stream") {
  return detail::TableReader{in, options, source}.read();
}

/// Reads a table from a CSV file.
///
///   const Table houses = read_table("houses.csv", {.kinds = {{"zip", ColumnKind::texts}}});
///
/// Throws   like read_table of a stream; FormatError also if the file cannot be opened.
/// Example  examples/34_house_prices.cpp
inline Table read_table(const std::filesystem::path& path, const TableOptions& options = {}) {
  std::ifstream in = detail::open_file(path, "read_table");
  return read_table(in, options, path.string());
}

}  // namespace descent
