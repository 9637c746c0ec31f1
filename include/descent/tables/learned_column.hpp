#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/tables/column_rule.hpp"
#include "descent/tables/table.hpp"

namespace descent::inline DESCENT_ABI {

/// A column as `Preprocess` learned it: all that turns its values into features.
struct LearnedColumn {
  std::string name;
  ColumnKind kind = ColumnKind::numbers;
  Encoding encoding = Encoding::number;      ///< never automatic
  std::vector<std::string> categories = {};  ///< of one-hot and ordinal encoding, in their order
  bool other = false;                        ///< a one-hot feature for all other categories
  bool flag = false;                         ///< a feature for missing values
  bool refuse_missing = false, refuse_unknown = false, log = false;
  double fill = 0;  ///< of a missing number; of a one-hot column the
                    ///< position of a category, or -1 for none
  double low = -std::numeric_limits<double>::max(), high = std::numeric_limits<double>::max();
  double offset = 0, divisor = 1;  ///< x' = (x - offset) / divisor

  Index features() const {
    const Index values = encoding == Encoding::one_hot ? static_cast<Index>(categories.size()) + other : 1;
    return values + flag;
  }
};

/// A target as `Preprocess` learned it: y = (t - offset) / divisor, of log(1 + t) if `log`.
struct LearnedTarget {
  std::string name;
  bool log = false;
  double offset = 0, divisor = 1;
};

namespace detail {

[[noreturn, gnu::cold]] inline void reject_value(const LearnedColumn& column, std::size_t row,
                                                 Message problem, std::string_view cure) {
  throw DataError("Preprocess", joined(joined(problem), " in row ", row, " of column \"", column.name, '"'),
                  cure);
}

/// Returns the positions of the categories of a table's column in the learned ones; -1 for an unknown category. Its
/// numbers, if it has no texts, are categories by their text.
class CategoryCodes {
 public:
  CategoryCodes(const LearnedColumn& learned, const Column& column) : column_{column} {
    for (std::size_t i = 0; i < learned.categories.size(); ++i)
      positions_.emplace(learned.categories[i], static_cast<double>(i));
    if (column.kind != ColumnKind::texts) return;
    for (const std::string& text : column.categories) codes_.push_back(position(text));
  }
  double operator()(std::size_t row) const {
    if (column_.kind == ColumnKind::texts) return codes_[static_cast<std::size_t>(column_.numbers[row])];
    return position(column_.text(static_cast<Index>(row)));
  }

 private:
  double position(std::string_view text) const {
    const auto found = positions_.find(text);
    return found == positions_.end() ? -1 : found->second;
  }

  const Column& column_;
  std::map<std::string_view, double> positions_;
  std::vector<double> codes_;  // of the categories of the table's column
};

/// Calls f(row, value) for the numbers of a column as they are filled in: those of a category are its position, and NaN
/// is a missing value. `f` returns nothing.
inline void for_each_value(const LearnedColumn& learned, const Column& column, std::size_t first,
                           std::size_t end, const CategoryCodes* codes, auto&& f) {
  for (std::size_t row = first; row < end; ++row) {
    double value = column.numbers[row];
    const bool missing = is_nan(value);
    if (!missing && !is_finite(value))
      reject_value(learned, row, {"expected a finite number, got ", value},
                   "correct the value, or make it NaN");
    if (missing && learned.refuse_missing)
      reject_value(learned, row, {"expected a value, got none"},
                   "fill it in, or choose how: a ColumnRule with .missing = Fill::median");
    if (!missing && codes != nullptr) {
      value = (*codes)(row);
      if (value < 0 && learned.refuse_unknown)
        reject_value(learned, row,
                     {"expected one of the categories of the training table, got \"",
                      column.text(static_cast<Index>(row)), '"'},
                     "correct the value, or set .refuse_unknown = false");
    }
    f(row, value);
  }
}

/// Returns the value of Fill for numbers, which are not missing.
inline double fill_of(Fill fill, std::vector<double> values) {
  if (values.empty()) return 0;
  const auto count = static_cast<double>(values.size());
  if (fill == Fill::mean) {
    double mean = 0;
    for (const double value : values) mean += value / count;
    return mean;
  }
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (fill != Fill::mode)
    return values.size() % 2 == 1 ? values[middle] : values[middle - 1] / 2 + values[middle] / 2;
  double mode = values[0];
  std::size_t most = 0;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t next = i;
    while (next < values.size() && values[next] == values[i]) ++next;
    if (next - i > most) most = next - i, mode = values[i];
    i = next;
  }
  return mode;
}

/// Sets offset and divisor of a scaling; a constant column has the divisor 1.
inline void learn_scaling(Scaling scaling, const std::vector<double>& values, double& offset,
                          double& divisor) {
  if (scaling == Scaling::none || values.empty()) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  offset = *least;
  divisor = *most - *least;
  if (scaling == Scaling::standardize) {
    const auto count = static_cast<double>(values.size());
    double sum = 0, squares = 0;  // relative to the least value: a large mean does not cancel the deviation
    for (const double value : values) sum += (value - *least) / count;
    for (const double value : values) squares += (value - *least - sum) * (value - *least - sum) / count;
    offset = *least + sum;
    divisor = *most == *least ? 0 : std::sqrt(squares);
  }
  if (!(divisor > 0) || !is_finite(divisor) || !is_finite(1 / divisor)) divisor = 1;
}

/// Returns log(1 + x) of a clipped number, if the column has a logarithm.
inline double before_scaling(const LearnedColumn& column, std::size_t row, double value) {
  value = std::min(std::max(value, column.low), column.high);
  if (!column.log) return value;
  if (value <= -1)
    reject_value(column, row, {"expected a number above -1 for .log, got ", value},
                 "set .low = 0, or remove .log");
  return std::log1p(value);
}

/// Sets the categories of a one-hot or ordinal column.
inline void learn_categories(LearnedColumn& learned, const Column& column, const ColumnRule& rule,
                             Index most) {
  std::map<std::string, Index> counts;
  if (column.kind == ColumnKind::texts) {
    std::vector<Index> rows(column.categories.size());
    for (const double code : column.numbers)
      if (!is_nan(code)) ++rows[static_cast<std::size_t>(code)];
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i] > 0) counts[column.categories[i]] += rows[i];
  } else {
    for (std::size_t row = 0; row < column.numbers.size(); ++row)
      if (!is_nan(column.numbers[row])) ++counts[column.text(static_cast<Index>(row))];
  }
  if (!rule.order.empty()) {
    learned.categories = rule.order;
    std::vector<std::string> sorted = rule.order;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      throw DataError("Preprocess",
                      joined("expected distinct categories in .order, got \"", *twice, "\" twice"),
                      "list it once");
    return;
  }
  for (const auto& [text, rows] : counts)
    if (rows >= rule.rare || learned.encoding == Encoding::ordinal)
      learned.categories.push_back(text);
    else
      learned.other = true;
  if (static_cast<Index>(learned.categories.size()) > most && learned.encoding == Encoding::one_hot)
    throw DataError("Preprocess",
                    joined("expected at most ", most, " categories in column \"", learned.name, "\", got ",
                           learned.categories.size()),
                    "leave the column out by .leave_out, or set .rare for it, or more .most_categories");
}

/// Learns a column of the training table.
inline LearnedColumn learn_column(const Column& column, const ColumnRule& rule, Index most_categories) {
  LearnedColumn learned{.name = column.name, .kind = column.kind};
  const bool is_text = column.kind == ColumnKind::texts;
  const auto reject = [&](std::string_view problem, std::string_view cure) {
    throw DataError("Preprocess", joined("expected ", problem, " column \"", column.name, '"'), cure);
  };
  learned.encoding = rule.encoding != Encoding::automatic ? rule.encoding
                     : !rule.order.empty()                ? Encoding::ordinal
                     : is_text                            ? Encoding::one_hot
                                                          : Encoding::number;
  const bool categories = learned.encoding != Encoding::number,
             one_hot = learned.encoding == Encoding::one_hot;
  if (is_text && !categories)
    reject("numbers for Encoding::number, got texts in", "choose one_hot or ordinal");
  if (!rule.order.empty() && learned.encoding != Encoding::ordinal)
    reject(".order only with Encoding::ordinal, got it for", "remove it, or choose ordinal");
  if (categories && (rule.log || rule.low || rule.high))
    reject(".log, .low and .high only for numbers, got one for", "remove it from the rule");
  if (one_hot && (rule.missing == Fill::mean || rule.missing == Fill::median))
    reject("Fill::mode or refuse for the one-hot", "choose one of them, or automatic");
  if (rule.rare < 0) reject(".rare of 0 or more for", "pass the least number of rows");
  learned.low = rule.low.value_or(learned.low), learned.high = rule.high.value_or(learned.high);
  if (!is_finite(learned.low) || !is_finite(learned.high) || learned.low > learned.high)
    reject("finite .low of at most .high for", "choose .low below .high");
  learned.log = rule.log;
  learned.refuse_missing = rule.missing == Fill::refuse;
  if (categories) learn_categories(learned, column, rule, most_categories);

  const CategoryCodes codes{learned, column};
  const auto for_each = [&](auto&& f) {
    for_each_value(learned, column, 0, column.numbers.size(), categories ? &codes : nullptr, f);
  };
  std::vector<double> values;
  bool any_missing = false;
  for_each([&](std::size_t, double value) {
    any_missing = any_missing || is_nan(value);
    if (!is_nan(value) && !(categories && value < 0)) values.push_back(value);
  });
  if (values.empty()) reject("at least one value in", "leave the column out by .leave_out");
  learned.flag = rule.missing_flag && any_missing;
  learned.refuse_unknown = rule.refuse_unknown;
  learned.fill = one_hot && rule.missing != Fill::mode ? -1 : fill_of(rule.missing, values);
  if (one_hot) return learned;
  values.clear();
  for_each([&](std::size_t row, double value) {
    values.push_back(
        before_scaling(learned, row, is_nan(value) || (categories && value < 0) ? learned.fill : value));
  });
  learn_scaling(rule.scaling, values, learned.offset, learned.divisor);
  return learned;
}

}  // namespace detail

}  // namespace descent
