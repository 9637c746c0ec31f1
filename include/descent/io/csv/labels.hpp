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

namespace descent::detail {

/// Turns the labels of a CSV file into classes: a text is its place in the list of classes, a number without such a list
/// is the class itself.
class CsvLabels {
 public:
  explicit CsvLabels(const CsvOptions& options)
      : column_{options.label}, classes_{options.classes}, by_name_(classes_.size()) {
    sort_classes();
    for (std::size_t i = 1; i < by_name_.size(); ++i)
      if (classes_[by_name_[i]] == classes_[by_name_[i - 1]])
        throw DataError("read_csv",
                        joined("expected different classes, got ", shown(classes_[by_name_[i]]), " twice"),
                        "name it once");
  }

  void take(const CsvParser& parser, std::string_view label) {
    if (!classes_.empty()) {
      if (class_of(label) == classes_.size())
        parser.fail(joined("expected one of the classes ", listed(classes_), in_column(column_), ", got ",
                           shown(label)),
                    "add it to .classes, or remove the line");
    } else if (is_missing(label)) {
      const std::string got = label.empty() ? "an empty value" : shown(label);
      parser.fail(joined("expected a class", in_column(column_), ", got ", got),
                  label.empty() ? "remove the line, or fill the class in"
                                : "remove the line, or fill the class in; list all in .classes if it is one");
    }
    labels_.push_back(label);
    lines_.push_back(parser.line());
  }

  /// Calls f(class) for each label, and returns the names of the classes.
  std::vector<std::string> classify(const CsvParser& parser, auto&& f) {
    const bool are_texts = !classes_.empty() || !are_numbers(parser);
    if (are_texts && classes_.empty()) {
      std::set<std::string_view> sorted;
      for (std::size_t i = 0; i < labels_.size(); ++i) sorted.insert(labels_[i]);
      classes_.assign(sorted.begin(), sorted.end());
      sort_classes();
    }
    for (std::size_t i = 0; i < labels_.size(); ++i)
      f(are_texts ? static_cast<double>(class_of(labels_[i])) : number(parser, i));
    return std::move(classes_);
  }

 private:
  void sort_classes() {
    by_name_.resize(classes_.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::sort(by_name_.begin(), by_name_.end(),
              [&](std::size_t a, std::size_t b) { return classes_[a] < classes_[b]; });
  }

  /// The number of the class with this name, or of all classes if there is none.
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
                joined("expected all classes as numbers or all as texts", in_column(column_), ", got ",
                       shown(labels_[stray]), " among ", stray_is_number ? "texts" : "numbers"),
                "check the column for stray values");
  }

  double number(const CsvParser& parser, std::size_t i) const {
    constexpr double largest_class = 16777216;  // a float tells all whole numbers below apart
    double c = 0;
    parser.parse(labels_[i], c);
    if (!(c >= 0 && c == std::floor(c) && c < largest_class))
      parser.fail(lines_[i],
                  joined("expected classes that are whole numbers from 0", in_column(column_), ", got ",
                         shown(labels_[i])),
                  "name a column of numbers to predict as .target instead of .label");
    return c;
  }

  std::string column_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> by_name_;
  PackedStrings labels_;
  std::vector<std::size_t> lines_;
};

}  // namespace descent::detail
