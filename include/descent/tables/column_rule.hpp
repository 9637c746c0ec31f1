#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The features of a column.
enum class Encoding {
  automatic,  ///< `number` for numbers and dates, `one_hot` for texts
  number,     ///< one feature: the number
  one_hot,    ///< a feature for each category, which is 1 in its rows, else 0
  ordinal,    ///< one feature: the position of the category in `.order`, or in alphabetical order
};

/// The value that replaces a missing one, learned from the training table.
enum class Fill {
  automatic,  ///< the median; for one-hot features, 0 for all of them
  refuse,     ///< none: a missing value is an error
  mean,
  median,
  mode,  ///< the most frequent value, the smallest of several
};

/// The scaling of a number, learned from the training table.
enum class Scaling {
  none,
  standardize,  ///< mean 0 and standard deviation 1
  min_max,      ///< from 0 to 1
};

/// The way from the values of a column to features. A number is filled in, clipped, made a logarithm and scaled, in this
/// order.
struct ColumnRule {
  Encoding encoding = Encoding::automatic;
  Fill missing = Fill::automatic;
  bool missing_flag = true;  ///< a feature that is 1 for a missing value, if the training table has one
  std::optional<double> low = {}, high = {};  ///< the range that numbers are clipped to
  bool log = false;                           ///< log(1 + x), for numbers of 0 or more with a long tail
  Scaling scaling = Scaling::standardize;     ///< of numbers and positions; one-hot features stay 0 and 1
  std::vector<std::string> order = {};  ///< the categories from the lowest to the highest, for `ordinal`
  Index rare =
      0;  ///< categories of fewer rows, and unknown ones, share the feature "(other)" of a one-hot column
  bool refuse_unknown =
      false;  ///< an unknown category is an error; else all features are 0, or the value is missing
};

/// The rules of a target: log(1 + x), then scaling. `Preprocess::invert` undoes both.
struct TargetRule {
  bool log = false;
  Scaling scaling = Scaling::standardize;
};

/// The targets of a table and the rules of its columns. The rule of a column by its name replaces that of its kind.
struct PreprocessOptions {
  std::string target = {};                  ///< the column of the number to predict
  std::vector<std::string> targets = {};    ///< several such columns, one row of y each
  std::string label = {};                   ///< the column of the class to predict, instead of numbers
  std::vector<std::string> classes = {};    ///< the names of classes 0, 1, ...; by default all, sorted
  std::vector<std::string> leave_out = {};  ///< columns that are no features
  ColumnRule numbers = {}, dates = {}, texts = {};  ///< by kind
  std::map<std::string, ColumnRule> columns = {};   ///< by name
  TargetRule target_rule = {};
  Index most_categories = 1000;  ///< of a one-hot column; more are refused
};

}  // namespace descent
