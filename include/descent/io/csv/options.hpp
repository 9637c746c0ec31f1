#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "descent/data/dataset.hpp"

namespace descent::inline DESCENT_ABI {

/// Handling of missing features: those that are empty, or NA, N/A, NaN, null or ?. A missing label or target is always
/// an error, unless `.classes` lists a class of that name.
///
/// `mean` imputes the mean of the column in this file, which leaks the test set into training: for an evaluation, read
/// with `keep`, split, then use `Impute`.
enum class Missing { refuse, keep, zero, mean };

/// The columns of a CSV file and the format of its values. Without a header line the names of the columns are their
/// indices: "0", "1" and so on.
struct CsvOptions {
  std::string label = {};                   ///< the column of the class: integers from 0, or strings
  std::string target = {};                  ///< the column of the number to predict, instead of a class
  std::vector<std::string> targets = {};    ///< several target columns, one row of y each
  std::vector<std::string> features = {};   ///< the feature columns, one row of x each; by default all others
  std::vector<std::string> leave_out = {};  ///< columns that are ignored
  std::vector<std::string> classes = {};  ///< the names of classes 0, 1, ...; by default all strings, sorted
  bool header = true;                     ///< true if the first line names the columns
  std::optional<char> separator = {};     ///< by default a comma, or a semicolon with decimal commas
  char decimal = '.';                     ///< the decimal sign: '.' or ','
  Missing missing = Missing::refuse;      ///< `keep` makes them NaN
};

/// Returns options to read a file with the columns of a data set read before: the same features in the same order,
/// found by name, and the same number for each class, even if the file lacks one.
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
