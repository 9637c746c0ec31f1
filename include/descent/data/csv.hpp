#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/data/csv_parser.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/files.hpp"
#include "descent/data/impute.hpp"
#include "descent/data/texts.hpp"

namespace descent {

/// What becomes of a missing feature: one that is empty, or NA, N/A, NaN, null or ?. A missing label or
/// target is always refused.
///
/// `mean` is the mean of the column in this file. That is good for a first look; in serious work the mean is
/// learnt on the training set alone: read with `keep`, split, then use `Impute`.
enum class Missing { refuse, keep, zero, mean };

/// Which columns of a CSV file are targets; all others are features. Without a header line the columns are
/// called by their number: "0", "1" and so on.
struct CsvOptions {
  std::string label = {};                 ///< the column of the class: whole numbers from 0, or texts
  std::string target = {};                ///< the column of the number to predict, where there is no class
  std::vector<std::string> targets = {};  ///< several such columns, a row of y each
  bool header = true;                     ///< whether the first line names the columns
  char separator = ',';
  Missing missing = Missing::refuse;  ///< `keep` makes them not-a-number
};

namespace detail {

/// Builds a data set from the records of a CSV file and finds fault by line and column.
template <std::floating_point T>
class CsvReader {
 public:
  CsvReader(std::istream& in, const CsvOptions& options, const std::string& source)
      : options_{options}, parser_{in, source, options.separator} {
    if (!parser_.next()) {
      if (options.header)
        parser_.fail("expected a header line, got an empty file", "the first line names the columns");
      parser_.fail("expected lines of values, got an empty file", "was the file written to the end?");
    }
    for (std::size_t column = 0; column < parser_.size(); ++column)
      names_.push_back(options.header ? parser_[column] : std::string_view{std::to_string(column)});
    choose_targets();
  }

  Dataset<T> read() {
    if (!options_.header) take_record();
    while (parser_.next()) take_record();

    Dataset<T> data;
    if (!options_.label.empty()) classify(data.class_names);
    data.feature_names.reserve(names_.size() - target_columns_.size());
    for (std::size_t column = 0; column < names_.size(); ++column)
      if (!is_target_[column]) data.feature_names.emplace_back(names_[column]);
    data.x = Eigen::Map<const Matrix<T>>{features_.data(), static_cast<Index>(data.feature_names.size()),
                                         samples_};
    data.y =
        Eigen::Map<const Matrix<T>>{targets_.data(), static_cast<Index>(target_columns_.size()), samples_};
    if (options_.missing == Missing::mean && samples_ > 0) fill_in(data);
    return data;
  }

 private:
  void choose_targets() {
    std::vector<std::string> wanted = options_.targets;
    if (!options_.label.empty()) wanted.push_back(options_.label);
    if (!options_.target.empty()) wanted.push_back(options_.target);
    const int kinds = !options_.label.empty() + !options_.target.empty() + !options_.targets.empty();
    if (kinds > 1)
      throw DataError("read_csv", "expected a label or a target, got both", "give one of the two");

    is_target_.assign(names_.size(), false);
    for (const std::string& name : wanted) {
      const std::size_t column = find_column(name, 0);
      if (column == names_.size())
        parser_.fail(concat("expected a column named ", shown(name), ", got ", listed(names_)),
                     options_.header ? "the first line of the file must name the columns"
                                     : "without a header the columns are called \"0\", \"1\" and so on");
      if (find_column(name, column + 1) != names_.size())
        parser_.fail(concat("expected one column named ", shown(name), ", got several"), "rename the others");
      if (is_target_[column])
        throw DataError("read_csv", concat("expected different targets, got ", shown(name), " twice"),
                        "name it once");
      is_target_[column] = true;
      target_columns_.push_back(column);
    }
    if (target_columns_.size() == names_.size())
      parser_.fail("expected a feature beside the targets, got no other column", "is the separator right?");
  }

  std::size_t find_column(std::string_view name, std::size_t column) const {
    while (column < names_.size() && names_[column] != name) ++column;
    return column;
  }

  void take_record() {
    if (parser_.size() != names_.size())
      parser_.fail(concat("expected ", names_.size(), " values, as in the ",
                          options_.header ? "header" : "first line", ", got ", parser_.size()),
                   "a value or a separator is missing or too many in this line");
    for (std::size_t column = 0; column < names_.size(); ++column)
      if (!is_target_[column]) features_.push_back(feature(column));
    for (const std::size_t column : target_columns_) {
      if (options_.label.empty())
        targets_.push_back(number(column));
      else
        take_label(column);
    }
    ++samples_;
  }

  T feature(std::size_t column) const {
    if (options_.missing == Missing::refuse || !is_missing(parser_[column])) return number(column);
    return options_.missing == Missing::zero ? T(0) : detail::not_a_number<T>();
  }

  T number(std::size_t column) const {
    double value = 0;
    const bool parsed = CsvParser::parse(parser_[column], value);
    if (parsed && is_finite(value) && std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max()))
      return static_cast<T>(value);

    const bool fillable = is_missing(parser_[column]) && !is_target_[column];
    const std::string problem = concat(in_column(names_[column]), ", got ", shown(parser_[column]));
    if (!parsed)
      parser_.fail(concat("expected a number", problem),
                   fillable ? fill_in_cure : "name the column as .label if it is a class, or remove it");
    if (!is_finite(value))
      parser_.fail(concat("expected a finite number", problem),
                   fillable ? fill_in_cure : "remove the line, or fill the value in");
    parser_.fail(concat("expected a number of at most ", std::numeric_limits<T>::max(), problem),
                 "read_csv<double> takes larger ones");
  }

  static bool is_missing(std::string_view field) {
    constexpr std::array<std::string_view, 6> spellings{"", "na", "n/a", "nan", "null", "?"};
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    return std::any_of(spellings.begin(), spellings.end(), [&](std::string_view spelling) {
      return std::equal(field.begin(), field.end(), spelling.begin(), spelling.end(), same);
    });
  }

  void take_label(std::size_t column) {
    if (parser_[column].empty())
      parser_.fail(concat("expected a class", in_column(names_[column]), ", got an empty value"),
                   "remove the line, or fill the class in");
    labels_.push_back(parser_[column]);
    label_lines_.push_back(parser_.line());
  }

  /// Turns labels into classes: a number is its class, a text the place in the sorted list of texts.
  void classify(std::vector<std::string>& class_names) {
    double c = 0;
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) numbers += CsvParser::parse(labels_[i], c);
    if (numbers != 0 && numbers != labels_.size()) {
      const bool stray_is_number = 2 * numbers < labels_.size();
      std::size_t stray = 0;
      while (CsvParser::parse(labels_[stray], c) != stray_is_number) ++stray;
      parser_.fail(label_lines_[stray],
                   concat("expected all classes as numbers or all as texts", in_column(options_.label),
                          ", got ", shown(labels_[stray]), " among ", stray_is_number ? "texts" : "numbers"),
                   "check the column for stray values");
    }

    std::set<std::string_view> sorted;
    if (numbers == 0)
      for (std::size_t i = 0; i < labels_.size(); ++i) sorted.insert(labels_[i]);
    class_names.assign(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (numbers == 0) {
        const auto found = std::lower_bound(class_names.begin(), class_names.end(), labels_[i]);
        c = static_cast<double>(found - class_names.begin());
      } else if (CsvParser::parse(labels_[i], c) &&
                 (!is_finite(c) || c < 0 || c != std::floor(c) || c >= largest_class)) {
        parser_.fail(label_lines_[i],
                     concat("expected classes that are whole numbers from 0", in_column(options_.label),
                            ", got ", shown(labels_[i])),
                     "name a column of numbers to predict as .target instead of .label");
      }
      targets_.push_back(static_cast<T>(c));
    }
  }

  void fill_in(Dataset<T>& data) const {
    for (Index i = 0; i < data.features(); ++i)
      if (data.x.row(i).unaryExpr([](const T& value) { return is_nan(value); }).all())
        parser_.fail(concat("expected some value", in_column(data.feature_names[static_cast<std::size_t>(i)]),
                            ", got none"),
                     "remove the column, or choose Missing::zero");
    Impute<T>{data.x}.apply(data.x);
  }

  static std::string in_column(std::string_view name) { return " in column " + shown(name); }
  /// Quoted, and cut where it is long: in a file that is no CSV a value may be of any size.
  static std::string shown(std::string_view text) {
    constexpr std::size_t most = 60;
    return concat('"', text.substr(0, most), text.size() > most ? "...\"" : "\"");
  }
  static std::string listed(const Texts& names) {
    constexpr std::size_t most = 10;
    std::string all;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
      all.append(all.empty() ? "" : ", ").append(names[i].substr(0, 60));
    if (names.size() > most) all.append(concat(" and ", names.size() - most, " others"));
    return all;
  }

  static constexpr double largest_class = 16777216;  // a float tells all whole numbers below apart
  static constexpr std::string_view fill_in_cure =
      "remove the line, or say how to fill in what is missing, as in .missing = Missing::mean";

  CsvOptions options_;
  CsvParser parser_;
  Texts names_;
  std::vector<bool> is_target_;
  std::vector<std::size_t> target_columns_;
  std::vector<T> features_, targets_;
  Texts labels_;
  std::vector<std::size_t> label_lines_;
  Index samples_ = 0;
};

}  // namespace detail

/// Reads a data set from CSV text: a header line that names the columns, unless `.header = false`, then a line
/// for each sample. Values may be quoted; a byte order mark and line ends of any system are taken.
/// `source` is what error messages call the text.
///
/// Throws   FormatError, which names source, line and column, for a line with too few or too many values,
///          for text in place of a number, for a missing value, for a column that is not there.
/// Cost     memory of 5 to 10 times that of the text where values have a digit or two, and never of more than 48 times;
///          of 80 times where it has columns without number and no values in them.
/// Source   csv_parser.hpp has the rules for quotes.
template <std::floating_point T = float>
Dataset<T> read_csv(std::istream& in, const CsvOptions& options, const std::string& source = "stream") {
  return detail::CsvReader<T>{in, options, source}.read();
}

/// Reads a data set from a CSV file.
///
///   const Dataset digits = read_csv("digits.csv", {.label = "label"});
///   const Dataset robot = read_csv("arm.txt", {.targets = {"7", "8"}, .header = false, .separator = '\t'});
///
/// Throws   FormatError also when the file cannot be opened.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
Dataset<T> read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  std::ifstream in = detail::open_file(path, "read_csv");
  return read_csv<T>(in, options, path.string());
}

}  // namespace descent
