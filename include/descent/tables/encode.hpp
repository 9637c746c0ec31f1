#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/tables/column_rule.hpp"
#include "descent/tables/learned_column.hpp"
#include "descent/tables/table.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The columns of a table, found by name.
class ColumnsByName {
 public:
  explicit ColumnsByName(const Table& table) {
    for (const Column& column : table.columns)
      if (!columns_.emplace(column.name, &column).second)
        throw DataError("Preprocess", joined("expected one column named \"", column.name, "\", got several"),
                        "rename the other columns");
  }
  const Column& operator[](std::string_view name) const {
    const auto found = columns_.find(name);
    if (found == columns_.end())
      throw_error<DataError>("Preprocess", {"expected a column named \"", name, "\", got none"},
                             "add it to the table, or correct its name in the options");
    return *found->second;
  }
  bool contains(std::string_view name) const { return columns_.contains(name); }

 private:
  std::map<std::string_view, const Column*> columns_;
};

inline std::string_view name_of(ColumnKind kind) {
  return kind == ColumnKind::texts ? "texts" : kind == ColumnKind::dates ? "dates" : "numbers";
}

/// Throws unless the column has the kind that was learned, or no values.
inline void expect_kind(const LearnedColumn& learned, const Column& column) {
  if (column.kind == learned.kind) return;
  for (const double value : column.numbers)
    if (!is_nan(value))
      throw_error<DataError>("Preprocess",
                             {"expected ", name_of(learned.kind), " in column \"", learned.name, "\", got ",
                              name_of(column.kind)},
                             "read the table with .table_options() of the Preprocess");
}

/// Writes the features of the rows from `first` to `end`, whose samples are `stride` numbers apart.
template <std::floating_point T>
void encode_rows(const LearnedColumn& learned, const Column& column, const CategoryCodes* codes,
                 std::size_t first, std::size_t end, T* to, std::size_t stride) {
  const std::size_t categories = learned.categories.size();
  for_each_value(learned, column, first, end, codes, [&](std::size_t row, double value) {
    T* x = to + (row - first) * stride;
    bool missing = is_nan(value);
    if (learned.encoding == Encoding::one_hot) {
      std::fill_n(x, categories + learned.other, T(0));
      if (missing)
        value = learned.fill;
      else if (value < 0 && learned.other)
        value = static_cast<double>(categories);
      if (value >= 0) x[static_cast<std::size_t>(value)] = T(1);
      x += categories + learned.other;
    } else {
      missing = missing || (codes != nullptr && value < 0);
      value =
          (before_scaling(learned, row, missing ? learned.fill : value) - learned.offset) / learned.divisor;
      if (!(std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max())))
        reject_value(learned, row, {"expected a number that fits, got ", column.numbers[row]},
                     "set .high for the column, or use dataset<double>");
      *x++ = static_cast<T>(value);
    }
    if (learned.flag) *x = T(missing);
  });
}

/// Returns the features of a table, of whose columns `sources` has one for each learned one.
template <std::floating_point T>
Matrix<T> encode(const std::vector<LearnedColumn>& learned, const std::vector<const Column*>& sources,
                 Index features, Index rows) {
  std::vector<std::unique_ptr<CategoryCodes>> codes;
  for (std::size_t i = 0; i < learned.size(); ++i) {
    expect_kind(learned[i], *sources[i]);
    codes.push_back(learned[i].encoding == Encoding::number
                        ? nullptr
                        : std::make_unique<CategoryCodes>(learned[i], *sources[i]));
  }
  Matrix<T> x(features, rows);
  constexpr std::size_t block = 256;  // rows whose features stay in the cache while each column is written
  const auto count = static_cast<std::size_t>(rows);
  for (std::size_t first = 0; first < count; first += block) {
    T* to = x.data() + static_cast<Index>(first) * features;
    for (std::size_t i = 0; i < learned.size(); ++i) {
      encode_rows(learned[i], *sources[i], codes[i].get(), first, std::min(first + block, count), to,
                  static_cast<std::size_t>(features));
      to += learned[i].features();
    }
  }
  return x;
}

/// Returns a target of a row before scaling.
inline double target_value(const Column& column, std::size_t row, bool log) {
  const double value = column.numbers[row];
  const LearnedColumn place{.name = column.name, .log = log};
  if (!is_finite(value))
    reject_value(place, row, {"expected a target, got ", is_nan(value) ? "none" : "infinity"},
                 "remove the row, or fill the value in");
  return before_scaling(place, row, value);
}

inline void expect_target(const Column& column) {
  if (column.kind == ColumnKind::texts)
    throw DataError("Preprocess",
                    joined("expected numbers in the target column \"", column.name, "\", got texts"),
                    "name the column as .label if it is a class");
}

/// Writes a target, scaled, to a row of y.
void write_target(const Column& column, bool log, double offset, double divisor, auto&& y) {
  expect_target(column);
  using T = typename std::remove_cvref_t<decltype(y)>::Scalar;
  for (Index j = 0; j < y.size(); ++j)
    y(j) = static_cast<T>((target_value(column, static_cast<std::size_t>(j), log) - offset) / divisor);
}

inline LearnedTarget learn_target(const Column& column, const TargetRule& rule) {
  expect_target(column);
  LearnedTarget learned{.name = column.name, .log = rule.log};
  std::vector<double> values;
  for (std::size_t row = 0; row < column.numbers.size(); ++row)
    values.push_back(target_value(column, row, rule.log));
  learn_scaling(rule.scaling, values, learned.offset, learned.divisor);
  return learned;
}

/// Returns the sorted names of the classes; none if they are numbers.
inline std::vector<std::string> learn_classes(const Column& label) {
  if (label.kind == ColumnKind::numbers) return {};
  LearnedColumn learned{.name = label.name, .encoding = Encoding::ordinal};
  learn_categories(learned, label, {}, 0);
  return learned.categories;
}

/// Writes the classes of a label column to the only row of y.
template <std::floating_point T>
void write_classes(const Column& label, const std::vector<std::string>& classes, Matrix<T>& y) {
  constexpr double largest_class = 16777216;  // 2^24: a float represents all integers up to it
  const LearnedColumn learned{.name = label.name, .categories = classes};
  const CategoryCodes codes{learned, label};
  for (Index j = 0; j < y.cols(); ++j) {
    const auto row = static_cast<std::size_t>(j);
    double value = label.numbers[row];
    if (is_nan(value))
      reject_value(learned, row, {"expected a class, got none"}, "remove the row, or fill the class in");
    if (!classes.empty()) value = codes(row);
    if (!(value >= 0 && value < largest_class) || std::floor(value) != value)
      reject_value(learned, row,
                   {"expected ", classes.empty() ? "an integer class from 0" : "one of the classes",
                    ", got \"", label.text(j), '"'},
                   classes.empty() ? "set .target instead of .label for a number to predict"
                                   : "correct the value, or list the class in .classes");
    y(0, j) = static_cast<T>(value);
  }
}

}  // namespace descent::inline DESCENT_ABI::detail
