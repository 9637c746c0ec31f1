#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <istream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/data/dataset.hpp"

namespace descent {

/// Which columns of a CSV file are targets; all others are features.
struct CsvOptions {
  std::string label = {};   ///< the column of the class: whole numbers from 0, or texts
  std::string target = {};  ///< the column of the number to predict, where there is no class
  char separator = ',';
};

namespace detail {

/// Reads a CSV file line by line and finds fault by line and column.
class CsvParser {
 public:
  CsvParser(std::istream& in, std::string source, const CsvOptions& options)
      : in_{in}, source_{std::move(source)}, options_{options} {
    if (!next_row()) fail("expected a header line, got an empty file", "the first line names the columns");
    header_.assign(fields_.begin(), fields_.end());
    if (!options.label.empty() && !options.target.empty())
      throw DataError("read_csv", "expected a label or a target, got both", "give one of the two");
    const std::string& wanted = options.label.empty() ? options.target : options.label;
    if (wanted.empty()) return;
    const auto found = std::find(header_.begin(), header_.end(), wanted);
    if (found == header_.end())
      fail(concat("expected a column named \"", wanted, "\", got ", joined(header_)),
           "the first line of the file must name the columns");
    target_ = static_cast<std::size_t>(found - header_.begin());
  }

  /// Steps to the next line that is not blank; false at the end.
  bool next_row() {
    while (std::getline(in_, line_)) {
      ++line_number_;
      if (!line_.empty() && line_.back() == '\r') line_.pop_back();
      if (line_.empty()) continue;
      split_line();
      if (!header_.empty() && fields_.size() != header_.size())
        fail(concat("expected ", header_.size(), " values, as in the header, got ", fields_.size()),
             "a value or a separator is missing or too many in this line");
      return true;
    }
    return false;
  }

  double number(std::size_t column) const {
    double value = 0;
    if (!parse(fields_[column], value))
      fail(concat("expected a number in column \"", header_[column], "\", got \"", fields_[column], '"'),
           "name the column as .label if it is a class, or remove it");
    if (!std::isfinite(value))
      fail(concat("expected a finite number in column \"", header_[column], "\", got ", fields_[column]),
           "remove the line, or fill the value in");
    return value;
  }

  static bool parse(const std::string& text, double& value) {
    const char* const end = text.data() + text.size();
#if defined(__cpp_lib_to_chars)
    const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto result = std::from_chars(begin, end, value);
    return result.ec == std::errc{} && result.ptr == end && begin != end;
#else  // libc++ before 20 has no from_chars for double
    char* stopped = nullptr;
    value = std::strtod(text.c_str(), &stopped);
    return stopped == end && !text.empty();
#endif
  }

  const std::vector<std::string>& header() const { return header_; }
  const std::string& field(std::size_t column) const { return fields_[column]; }
  std::size_t target() const { return target_; }

  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    throw FormatError(concat("read_csv: ", source_, ':', line_number_), problem, cure);
  }

 private:
  void split_line() {
    fields_.clear();
    std::size_t begin = 0;
    for (;;) {
      const std::size_t end = std::min(line_.find(options_.separator, begin), line_.size());
      fields_.push_back(trimmed(std::string_view{line_}.substr(begin, end - begin)));
      if (end == line_.size()) return;
      begin = end + 1;
    }
  }
  static std::string trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return std::string{text};
  }
  static std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all.append(all.empty() ? "" : ", ").append(name);
    return all;
  }

  std::istream& in_;
  std::string source_;
  CsvOptions options_;
  std::string line_;
  std::vector<std::string> fields_, header_;
  std::size_t target_ = static_cast<std::size_t>(-1);
  std::size_t line_number_ = 0;
};

/// The class of each label: its number, or, where the labels are texts, its place in their sorted list.
inline std::vector<double> classes_of(const std::vector<std::string>& labels, const CsvParser& parser,
                                      std::vector<std::string>& class_names) {
  std::vector<double> classes(labels.size());
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) numbers += CsvParser::parse(labels[i], classes[i]);
  if (numbers == labels.size()) {
    for (const double c : classes)
      if (!(c >= 0 && c == std::floor(c) && c < 16777216))
        parser.fail(concat("expected classes that are whole numbers from 0, got ", c),
                    "name a column of numbers to predict as .target instead of .label");
    return classes;
  }
  if (numbers != 0)
    parser.fail(concat("expected all classes as numbers or all as texts, got ", numbers, " numbers among ",
                       labels.size()),
                "check the label column for stray values");
  const std::set<std::string> sorted{labels.begin(), labels.end()};
  class_names.assign(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < labels.size(); ++i)
    classes[i] = static_cast<double>(std::distance(sorted.begin(), sorted.find(labels[i])));
  return classes;
}

}  // namespace detail

/// Reads a data set from CSV text: a header line that names the columns, then a line for each sample.
/// `source` is what error messages call it.
///
/// Throws   FormatError, which names source, line and column, for a line with too few or too many values,
///          for text in place of a number, for a column that is not there.
template <std::floating_point T = float>
Dataset<T> read_csv(std::istream& in, const CsvOptions& options, const std::string& source = "stream") {
  detail::CsvParser parser{in, source, options};
  const std::size_t columns = parser.header().size();
  const bool has_target = parser.target() < columns;

  std::vector<T> features, targets;
  std::vector<std::string> labels;
  while (parser.next_row()) {
    for (std::size_t column = 0; column < columns; ++column) {
      if (column != parser.target()) features.push_back(static_cast<T>(parser.number(column)));
      else if (options.label.empty()) targets.push_back(static_cast<T>(parser.number(column)));
      else labels.push_back(parser.field(column));
    }
  }

  Dataset<T> data;
  for (const double c : detail::classes_of(labels, parser, data.class_names))
    targets.push_back(static_cast<T>(c));
  for (std::size_t column = 0; column < columns; ++column)
    if (column != parser.target()) data.feature_names.push_back(parser.header()[column]);
  const auto rows = static_cast<Index>(data.feature_names.size());
  const Index samples = rows == 0 ? 0 : static_cast<Index>(features.size()) / rows;
  data.x = Eigen::Map<const Matrix<T>>{features.data(), rows, samples};
  data.y = Eigen::Map<const Matrix<T>>{targets.data(), has_target ? 1 : 0, samples};
  return data;
}

/// Reads a data set from a CSV file.
///
///   const Dataset digits = read_csv("digits.csv", {.label = "label"});
///
/// Throws   FormatError also when the file cannot be opened.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
Dataset<T> read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  std::ifstream in{path};
  if (!in)
    throw FormatError("read_csv", concat("expected a readable file at ", path, ", found none"),
                      concat("the working directory is ", std::filesystem::current_path()));
  return read_csv<T>(in, options, path.string());
}

}  // namespace descent
