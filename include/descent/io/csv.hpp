#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/impute.hpp"
#include "descent/io/csv/columns.hpp"
#include "descent/io/csv/labels.hpp"
#include "descent/io/csv/options.hpp"
#include "descent/io/csv/parser.hpp"
#include "descent/io/open_file.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A matrix that grows by columns in place: where the allocator can extend a large block, as on Linux, without a copy.
template <std::floating_point T>
class GrowingMatrix {
 public:
  explicit GrowingMatrix(Index rows = 0) : numbers_(rows, 0) {}

  /// Appends a column of unspecified numbers and returns its address.
  T* append() {
    if (size_ == numbers_.cols()) numbers_.conservativeResize(Eigen::NoChange, size_ + size_ / 2 + 1);
    return numbers_.data() + numbers_.rows() * size_++;
  }
  Matrix<T> finish() && {
    numbers_.conservativeResize(Eigen::NoChange, size_);
    return std::move(numbers_);
  }

 private:
  Matrix<T> numbers_;
  Index size_ = 0;
};

/// Builds a data set from the records of a CSV file. Errors name line and column.
template <std::floating_point T>
class CsvReader {
 public:
  CsvReader(std::istream& in, const CsvOptions& options, const std::string& source)
      : options_{options},
        parser_{in,
                {"read_csv", source, options.separator.value_or(options.decimal == ',' ? ';' : ','),
                 options.decimal}},
        columns_{parser_, options.header},
        labels_{options} {
    choose_columns();
    columns_.end_search();
    x_ = GrowingMatrix<T>{static_cast<Index>(feature_columns_.size())};
    if (options.label.empty()) y_ = GrowingMatrix<T>{static_cast<Index>(target_columns_.size())};
  }

  Dataset<T> read() {
    if (!options_.header) take_record();
    while (parser_.next()) take_record();

    Dataset<T> data;
    data.x = std::move(x_).finish();
    if (options_.label.empty()) {
      data.y = std::move(y_).finish();
    } else {
      data.y.resize(1, data.x.cols());
      T* next = data.y.data();
      data.class_names = labels_.classify(parser_, [&](double c) { *next++ = static_cast<T>(c); });
    }
    data.feature_names.reserve(feature_columns_.size());
    for (const std::size_t column : feature_columns_) data.feature_names.emplace_back(columns_[column]);
    if (options_.missing == Missing::mean && data.samples() > 0) impute_mean(data);
    return data;
  }

 private:
  void choose_columns() {
    std::vector<std::string> targets = options_.targets;
    if (!options_.label.empty()) targets.push_back(options_.label);
    if (!options_.target.empty()) targets.push_back(options_.target);
    const int kinds = !options_.label.empty() + !options_.target.empty() + !options_.targets.empty();
    if (kinds > 1)
      throw DataError("read_csv", "expected a label or a target, got both", "pass one of the two");
    if (!options_.features.empty() && !options_.leave_out.empty())
      throw DataError("read_csv", "expected .features or .leave_out, got both", "pass one of the two");

    taken_.assign(columns_.size(), false);
    target_columns_ = take_columns(targets, "targets");
    take_columns(options_.leave_out, "columns to leave out");
    feature_columns_ = take_columns(options_.features, "features");
    if (feature_columns_.empty()) {
      feature_columns_.reserve(columns_.size());
      for (std::size_t column = 0; column < columns_.size(); ++column)
        if (!taken_[column]) feature_columns_.push_back(column);
    }
    if (feature_columns_.empty())
      parser_.fail("expected a feature beside the targets, got no other column",
                   columns_.cure_for_separator("choose the .separator of the file"));
  }

  std::vector<std::size_t> take_columns(const std::vector<std::string>& wanted, std::string_view role) {
    std::vector<std::size_t> columns;
    for (const std::string& name : wanted) {
      const std::size_t column = columns_.find(parser_, name);
      if (taken_[column])
        throw DataError("read_csv", joined("expected distinct ", role, ", got ", in_quotes(name), " twice"),
                        "list it once");
      taken_[column] = true;
      columns.push_back(column);
    }
    return columns;
  }

  bool is_target(std::size_t column) const {
    return std::find(target_columns_.begin(), target_columns_.end(), column) != target_columns_.end();
  }

  void take_record() {
    columns_.expect_record(parser_);
    T* to = x_.append();
    for (const std::size_t column : feature_columns_) *to++ = feature(column);
    if (options_.label.empty()) to = y_.append();
    for (const std::size_t column : target_columns_) {
      if (options_.label.empty())
        *to++ = number(column);
      else
        labels_.take(parser_, parser_[column]);
    }
  }

  T feature(std::size_t column) const {
    if (options_.missing == Missing::refuse || !is_missing(parser_[column])) return number(column);
    return options_.missing == Missing::zero ? T(0) : detail::not_a_number<T>();
  }

  T number(std::size_t column) const {
    double value = 0;
    const bool parsed = parser_.parse(parser_[column], value);
    if (parsed && is_finite(value) && std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max()))
      return static_cast<T>(value);

    const std::string problem = joined(in_column(columns_[column]), ", got ", in_quotes(parser_[column]));
    if (!parsed) parser_.fail(joined("expected a number", problem), cure_for_text(column));
    if (!is_finite(value))
      parser_.fail(joined("expected a finite number", problem), cure_for_missing(column));
    parser_.fail(joined("expected a number of at most ", std::numeric_limits<T>::max(), problem),
                 "read it with read_csv<double>");
  }

  std::string cure_for_missing(std::size_t column) const {
    if (!is_missing(parser_[column]) || is_target(column)) return "remove the line, or fill the value in";
    return "remove the line, or choose how to impute missing values, such as .missing = Missing::mean";
  }

  std::string cure_for_text(std::size_t column) const {
    if (is_missing(parser_[column])) return cure_for_missing(column);
    if (std::string cure = cure_for_decimal(parser_, parser_[column]); !cure.empty()) return cure;
    if (is_target(column)) return "name the column as .label if it is a class";
    return joined(target_columns_.empty() ? "name the column as .label if it is the class"
                                          : "encode its strings as numbers, such as one-hot columns",
                  ", or leave it out: .leave_out = {", in_quotes(columns_[column]), '}');
  }

  void impute_mean(Dataset<T>& data) const {
    for (Index i = 0; i < data.features(); ++i)
      if (data.x.row(i).unaryExpr([](const T& value) { return is_nan(value); }).all())
        parser_.fail(joined("expected at least one value",
                            in_column(data.feature_names[static_cast<std::size_t>(i)]), ", got none"),
                     "leave the column out, or choose Missing::zero");
    Impute<T>{data.x}.apply(data.x);
  }

  CsvOptions options_;
  CsvParser parser_;
  CsvColumns columns_;
  CsvLabels labels_;
  std::vector<bool> taken_;  // the columns that the options name
  std::vector<std::size_t> target_columns_, feature_columns_;
  GrowingMatrix<T> x_, y_;
};

}  // namespace detail

/// Reads a data set from CSV text: a header line that names the columns, unless `.header = false`, then one line per
/// sample. Values may be quoted; a byte order mark and the line ends of any system are accepted. Error messages call
/// the text `source`.
///
/// Throws   FormatError, which names source, line and column, for a line with too few or too many values, for a value
///          that is not a number, for a missing value, and for a column that does not exist.
/// Cost     200 MB/s and more on one core (`./dev bench read_csv`); memory of 1.1 times the numbers on Linux, where a
///          large block of memory grows without a copy, and of 2.5 times elsewhere. For any text at most 48 times its
///          size, or 80 times for a large number of columns without values.
/// Source   Shafranovich: Common format and MIME type for CSV files (RFC 4180, 2005)
template <std::floating_point T = float>
Dataset<T> read_csv(std::istream& in, const CsvOptions& options, const std::string& source = "stream") {
  return detail::CsvReader<T>{in, options, source}.read();
}

/// Reads a data set from a CSV file.
///
///   const Dataset digits = read_csv("digits.csv", {.label = "label"});
///   const Dataset robot = read_csv("arm.txt", {.targets = {"7", "8"}, .header = false, .separator = ';'});
///
/// Throws   like read_csv of a stream; FormatError also if the file cannot be opened.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
Dataset<T> read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  std::ifstream in = detail::open_file(path, "read_csv");
  return read_csv<T>(in, options, path.string());
}

}  // namespace descent
