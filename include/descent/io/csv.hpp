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
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/impute.hpp"
#include "descent/io/csv/labels.hpp"
#include "descent/io/csv/options.hpp"
#include "descent/io/csv/packed_strings.hpp"
#include "descent/io/csv/parser.hpp"
#include "descent/io/open_file.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Builds a data set from the records of a CSV file. Errors name line and column.
template <std::floating_point T>
class CsvReader {
 public:
  CsvReader(std::istream& in, const CsvOptions& options, const std::string& source)
      : options_{options},
        parser_{in, source, options.separator.value_or(options.decimal == ',' ? ';' : ','), options.decimal},
        labels_{options} {
    if (!parser_.next()) {
      if (options.header)
        parser_.fail("expected a header line, got an empty file", "name the columns in the first line");
      parser_.fail("expected lines of values, got an empty file", "pass a file with samples");
    }
    for (std::size_t column = 0; column < parser_.size(); ++column)
      names_.push_back(options.header ? parser_[column] : std::string_view{std::to_string(column)});
    choose_columns();
  }

  Dataset<T> read() {
    if (!options_.header) take_record();
    while (parser_.next()) take_record();

    Dataset<T> data;
    if (!options_.label.empty())
      data.class_names = labels_.classify(parser_, [&](double c) { targets_.push_back(static_cast<T>(c)); });
    data.feature_names.reserve(static_cast<std::size_t>(features_per_sample_));
    for_each_feature([&](std::size_t column) { data.feature_names.emplace_back(names_[column]); });
    data.x = Eigen::Map<const Matrix<T>>{features_.data(), features_per_sample_, samples_};
    data.y =
        Eigen::Map<const Matrix<T>>{targets_.data(), static_cast<Index>(target_columns_.size()), samples_};
    if (options_.missing == Missing::mean && samples_ > 0) impute_mean(data);
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

    taken_.assign(names_.size(), false);
    target_columns_ = take_columns(targets, "targets");
    take_columns(options_.leave_out, "columns to leave out");
    named_features_ = take_columns(options_.features, "features");
    for_each_feature([&](std::size_t) { ++features_per_sample_; });
    if (features_per_sample_ == 0)
      parser_.fail("expected a feature beside the targets, got no other column",
                   cure_for_header("choose the .separator of the file"));
  }

  std::vector<std::size_t> take_columns(const std::vector<std::string>& wanted, std::string_view role) {
    std::vector<std::size_t> columns;
    for (const std::string& name : wanted) {
      const std::size_t column = find_column(name, 0);
      if (column == names_.size())
        parser_.fail(
            joined("expected a column named ", in_quotes(name), ", got ", comma_separated(names_)),
            cure_for_header(options_.header ? "choose one of them, or name the columns in the first line"
                                            : "choose a column by its index: \"0\", \"1\" and so on"));
      if (find_column(name, column + 1) != names_.size())
        parser_.fail(joined("expected one column named ", in_quotes(name), ", got several"),
                     "rename the other columns");
      if (taken_[column])
        throw DataError("read_csv", joined("expected distinct ", role, ", got ", in_quotes(name), " twice"),
                        "list it once");
      taken_[column] = true;
      columns.push_back(column);
    }
    return columns;
  }

  void for_each_feature(auto&& f) const {
    for (const std::size_t column : named_features_) f(column);
    if (!named_features_.empty()) return;
    for (std::size_t column = 0; column < names_.size(); ++column)
      if (!taken_[column]) f(column);
  }

  bool is_target(std::size_t column) const {
    return std::find(target_columns_.begin(), target_columns_.end(), column) != target_columns_.end();
  }

  std::size_t find_column(std::string_view name, std::size_t column) const {
    while (column < names_.size() && names_[column] != name) ++column;
    return column;
  }

  void take_record() {
    if (parser_.size() != names_.size())
      parser_.fail(
          joined("expected ", names_.size(), " values, as in the ", options_.header ? "header" : "first line",
                 ", got ", parser_.size()),
          cure_for_header("add the missing value or separator to this line, or remove the excess one"));
    for_each_feature([&](std::size_t column) { features_.push_back(feature(column)); });
    for (const std::size_t column : target_columns_) {
      if (options_.label.empty())
        targets_.push_back(number(column));
      else
        labels_.take(parser_, parser_[column]);
    }
    ++samples_;
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

    const std::string problem = joined(in_column(names_[column]), ", got ", in_quotes(parser_[column]));
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
    const char other_sign = options_.decimal == '.' ? ',' : '.';
    std::string other{parser_[column]};
    std::replace(other.begin(), other.end(), other_sign, options_.decimal);
    if (double value = 0; parser_.parse(other, value))
      return joined("choose .decimal = '", other_sign, "' if that is the decimal sign of the file");
    if (is_target(column)) return "name the column as .label if it is a class";
    return joined(target_columns_.empty() ? "name the column as .label if it is the class"
                                          : "encode its strings as numbers, such as one-hot columns",
                  ", or leave it out: .leave_out = {", in_quotes(names_[column]), '}');
  }

  /// Returns the cure to set the separator if the header is a single column that contains a usual one.
  std::string cure_for_header(std::string_view otherwise) const {
    if (names_.size() == 1)
      for (const std::string_view separator : {";", "\t", "|", ","})
        if (names_[0].find(separator) != std::string_view::npos)
          return joined("choose .separator = '", separator == "\t" ? "\\t" : separator, '\'');
    return std::string{otherwise};
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
  PackedStrings names_;
  std::vector<bool> taken_;  // the columns that the options name
  std::vector<std::size_t> target_columns_, named_features_;
  std::vector<T> features_, targets_;
  CsvLabels labels_;
  Index features_per_sample_ = 0, samples_ = 0;
};

}  // namespace detail

/// Reads a data set from CSV text: a header line that names the columns, unless `.header = false`, then one line per
/// sample. Values may be quoted; a byte order mark and the line ends of any system are accepted. Error messages call
/// the text `source`.
///
/// Throws   FormatError, which names source, line and column, for a line with too few or too many values, for a value
///          that is not a number, for a missing value, and for a column that does not exist.
/// Cost     memory of 5 to 10 times the size of the text for values of one or two digits, and at most 48 times; up to
///          80 times for a large number of columns without values.
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
