#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/data/split.hpp"
#include "descent/tables/dates.hpp"

namespace descent::inline DESCENT_ABI {

/// The kind of the values of a column.
enum class ColumnKind { numbers, dates, texts };

/// A column of a table: a number for each row, NaN where the value is missing. A date is the number of days since
/// 1970-01-01, with the time as a fraction. A text is its position in `categories`, the distinct texts of the column.
struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::numbers;
  std::vector<double> numbers = {};
  std::vector<std::string> categories = {};

  /// Returns the value of a row as text; empty if it is missing. Throws DataError if there is no such row.
  std::string text(Index row) const {
    if (row < 0 || row >= static_cast<Index>(numbers.size()))
      throw_error<DataError>("Column", {"expected one of ", numbers.size(), " rows, got ", row},
                             "number the rows from 0");
    const double value = numbers[static_cast<std::size_t>(row)];
    if (is_nan(value)) return {};
    if (kind == ColumnKind::texts)
      return value >= 0 && value < static_cast<double>(categories.size())
                 ? categories[static_cast<std::size_t>(value)]
                 : std::string{};
    if (kind == ColumnKind::dates) return detail::date_text(value);
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
  }
};

/// A value of a row: a number, a text, a date as text such as "2024-05-01", or `Cell{}` for a missing one.
class Cell {
 public:
  Cell() : number_{detail::not_a_number<double>()} {}
  template <class N>
    requires std::integral<N> || std::floating_point<N>
  Cell(N number) : number_{static_cast<double>(number)} {}
  Cell(std::string text) : text_{std::move(text)} {
    kind_ = detail::parse_date(text_, number_) ? ColumnKind::dates : ColumnKind::texts;
  }
  Cell(const char* text) : Cell{std::string{text}} {}

  /// Returns a column of this value alone.
  Column column(std::string name) const {
    if (kind_ == ColumnKind::texts) return {std::move(name), kind_, {0}, {text_}};
    return {std::move(name), kind_, {number_}};
  }

 private:
  double number_ = 0;
  std::string text_;
  ColumnKind kind_ = ColumnKind::numbers;
};

/// A table of named columns, which may have different kinds and missing values.
///
///   const Table houses = read_table("houses.csv");
///   houses["area"].numbers[7]
struct Table {
  std::vector<Column> columns;

  Index rows() const { return columns.empty() ? 0 : static_cast<Index>(columns.front().numbers.size()); }

  /// Returns the column with this name. Throws DataError if there is none.
  const Column& operator[](std::string_view name) const {
    for (const Column& column : columns)
      if (column.name == name) return column;
    throw_error<DataError>("Table", {"expected a column named \"", name, "\", got none"},
                           "choose a column of the header line");
  }

  /// Returns the rows with these indices, in this order. Throws DataError for an index out of range.
  Table subset(std::span<const Index> indices) const {
    expect_usable("subset");
    for (const Index i : indices)
      if (i < 0 || i >= rows())
        throw_error<DataError>("subset", {"expected the index of one of ", rows(), " rows, got ", i},
                               "number the rows from 0");
    Table part;
    for (const Column& column : columns) {
      part.columns.push_back({column.name, column.kind, {}, column.categories});
      std::vector<double>& numbers = part.columns.back().numbers;
      numbers.reserve(indices.size());
      for (const Index i : indices) numbers.push_back(column.numbers[static_cast<std::size_t>(i)]);
    }
    return part;
  }

  /// Throws DataError, which names `user`, unless all columns have the same number of rows and every text is one of
  /// the categories.
  void expect_usable(std::string_view user) const {
    for (const Column& column : columns) {
      if (static_cast<Index>(column.numbers.size()) != rows())
        throw_error<DataError>(
            user, {"expected ", rows(), " rows in column \"", column.name, "\", got ", column.numbers.size()},
            "give all columns the same number of rows");
      if (column.kind != ColumnKind::texts) continue;
      const auto count = static_cast<double>(column.categories.size());
      for (const double code : column.numbers)
        if (!is_nan(code) && !(code >= 0 && code < count))
          throw_error<DataError>(
              user, {"expected texts from 0 to ", count - 1, " in column \"", column.name, "\", got ", code},
              "number the texts by their position in .categories");
    }
  }
};

/// A row by the names of its columns: {{"area", 82.5}, {"district", "north"}, {"garage", {}}}.
using Row = std::vector<std::pair<std::string, Cell>>;

/// Returns a table of one row.
inline Table table_of(const Row& row) {
  Table table;
  for (const auto& [name, cell] : row) table.columns.push_back(cell.column(name));
  return table;
}

/// The parts of a table: training, development and test set.
struct TableSplit {
  Table train, dev, test;
};

/// Splits the rows of a table at random, as `split` does with a data set. With `.stratify` the column `by` gives the
/// classes, whose proportions each part keeps.
///
///   const auto [train, dev, test] = split(houses, {.train = 0.8, .dev = 0});
///
/// Throws   DataError like split_indices; also for a column that does not exist or has missing values.
inline TableSplit split(const Table& table, const SplitOptions& options = {}, std::string_view by = {}) {
  table.expect_usable("split");
  Dataset<double> rows{.x = Matrix<double>::Zero(1, table.rows()),
                       .y = Matrix<double>::Zero(1, table.rows())};
  if (!by.empty())
    rows.y.row(0) = Eigen::Map<const Eigen::RowVectorXd>(table[by].numbers.data(), table.rows());
  if (options.stratify && by.empty())
    throw DataError("split", "expected the column of the classes with .stratify, got none",
                    "pass its name: split(table, {.stratify = true}, \"kind\")");
  const SplitIndices parts = split_indices(rows, options);
  return {table.subset(parts.train), table.subset(parts.dev), table.subset(parts.test)};
}

}  // namespace descent
