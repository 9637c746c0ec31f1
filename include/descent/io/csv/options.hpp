#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "descent/data/dataset.hpp"

namespace descent {

/// Handling of a missing feature: one that is empty, or NA, N/A, NaN, null or ?. A missing label or target is always
/// refused; a class that really has such a name is listed in `.classes`.
///
/// `mean` is the mean of the column in this file. That is good for a first look; in serious work the mean is
/// learned on the training set alone: read with `keep`, split, then use `Impute`.
enum class Missing { refuse, keep, zero, mean };

/// The columns of a CSV file and the form of its values. Without a header line the columns are named by their number:
/// "0", "1" and so on.
struct CsvOptions {
  std::string label = {};                   ///< the column of the class: whole numbers from 0, or texts
  std::string target = {};                  ///< the column of the number to predict, where there is no class
  std::vector<std::string> targets = {};    ///< several such columns, a row of y each
  std::vector<std::string> features = {};   ///< those of the features, a row of x each; by default all others
  std::vector<std::string> leave_out = {};  ///< columns that are not read
  std::vector<std::string> classes = {};  ///< the label of class 0, 1 and so on; by default all texts, sorted
  bool header = true;                     ///< true if the first line names the columns
  std::optional<char> separator = {};     ///< by default a comma, or a semicolon beside decimal commas
  char decimal = '.';                     ///< the decimal sign: '.' or ','
  Missing missing = Missing::refuse;      ///< `keep` makes them not-a-number
};

/// Options to read a file as another was read: the same features in the same order, found by their names, and the
/// same number for each class, though the file may lack one.
///
///   const CsvOptions options{.label = "kind"};
///   const Dataset train = read_csv("train.csv", options);
///   const Dataset test = read_csv("test.csv", like(train, options));
template <std::floating_point T>
CsvOptions like(const Dataset<T>& data, CsvOptions options) {
  options.features = data.feature_names;
  options.classes = data.class_names;
  if (!options.features.empty()) options.leave_out.clear();
  return options;
}

}  // namespace descent
