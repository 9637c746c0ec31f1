#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/csv/options.hpp"
#include "descent/io/csv/packed_strings.hpp"
#include "descent/io/csv/parser.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Converts the labels of a CSV file to classes: a string to its position in the list of classes; a number, without a
/// list of classes, to the class of this number.
class CsvLabels {
 public:
  explicit CsvLabels(const CsvOptions& options)
      : column_{options.label}, classes_{options.classes}, by_name_(classes_.size()) {
    sort_classes();
    for (std::size_t i = 1; i < by_name_.size(); ++i)
      if (classes_[by_name_[i]] == classes_[by_name_[i - 1]])
        throw DataError("read_csv",
                        joined("expected distinct classes, got ", in_quotes(classes_[by_name_[i]]), " twice"),
                        "list it once");
  }

  void take(const CsvParser& parser, std::string_view label) {
    if (!classes_.empty()) {
      if (class_of(label) == classes_.size())
        parser.fail(joined("expected one of the classes ", comma_separated(classes_), in_column(column_),
                           ", got ", in_quotes(label)),
                    "add it to .classes, or remove the line");
    } else if (is_missing(label)) {
      const std::string got = label.empty() ? "an empty value" : in_quotes(label);
      parser.fail(
          joined("expected a class", in_column(column_), ", got ", got),
          label.empty()
              ? "remove the line, or fill the class in"
              : "remove the line, or fill the class in; if it is the name of a class, list all in .classes");
    }
    labels_.push_back(label);
    lines_.push_back(parser.line());
  }

  /// Calls f(class) for each label and returns the names of the classes.
  std::vector<std::string> classify(const CsvParser& parser, auto&& f) {
    const bool are_strings = !classes_.empty() || !are_numbers(parser);
    if (are_strings && classes_.empty()) {
      std::set<std::string_view> sorted;
      for (std::size_t i = 0; i < labels_.size(); ++i) sorted.insert(labels_[i]);
      classes_.assign(sorted.begin(), sorted.end());
      sort_classes();
    }
    for (std::size_t i = 0; i < labels_.size(); ++i)
      f(are_strings ? static_cast<double>(class_of(labels_[i])) : number(parser, i));
    return std::move(classes_);
  }

 private:
  void sort_classes() {
    by_name_.resize(classes_.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::sort(by_name_.begin(), by_name_.end(),
              [&](std::size_t a, std::size_t b) { return classes_[a] < classes_[b]; });
  }

  /// Returns the class with this name, or the number of classes if there is none.
  std::size_t class_of(std::string_view label) const {
    const auto found =
        std::lower_bound(by_name_.begin(), by_name_.end(), label,
                         [&](std::size_t i, std::string_view name) { return classes_[i] < name; });
    return found == by_name_.end() || classes_[*found] != label ? classes_.size() : *found;
  }

  /// True if all labels are numbers; throws if only some are.
  bool are_numbers(const CsvParser& parser) const {
    double c = 0;
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) numbers += parser.parse(labels_[i], c);
    if (numbers == 0 || numbers == labels_.size()) return numbers != 0;
    const bool stray_is_number = 2 * numbers < labels_.size();
    std::size_t stray = 0;
    while (parser.parse(labels_[stray], c) != stray_is_number) ++stray;
    parser.fail(lines_[stray],
                joined("expected all classes as numbers or all as strings", in_column(column_), ", got ",
                       in_quotes(labels_[stray]), " among ", stray_is_number ? "strings" : "numbers"),
                "correct the value");
  }

  double number(const CsvParser& parser, std::size_t i) const {
    constexpr double largest_class = 16777216;  // 2^24: a float represents all integers up to it
    double c = 0;
    parser.parse(labels_[i], c);
    if (!(c >= 0 && c == std::floor(c) && c < largest_class))
      parser.fail(
          lines_[i],
          joined("expected integer classes from 0", in_column(column_), ", got ", in_quotes(labels_[i])),
          "set .target instead of .label for a number to predict");
    return c;
  }

  std::string column_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> by_name_;
  PackedStrings labels_;
  std::vector<std::size_t> lines_;
};

}  // namespace descent::detail
