#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/tables/column_rule.hpp"
#include "descent/tables/encode.hpp"
#include "descent/tables/learned_column.hpp"
#include "descent/tables/read_table.hpp"
#include "descent/tables/table.hpp"

namespace descent::inline DESCENT_ABI {

/// All that a `Preprocess` has learned.
struct PreprocessState {
  std::vector<LearnedColumn> columns = {};
  std::vector<LearnedTarget> targets = {};
  std::string label = {};                  ///< the column of the class; empty for none
  std::vector<std::string> classes = {};   ///< empty if the classes are numbers
  std::vector<std::string> left_out = {};  ///< columns that a table may have and that are not used
};

/// The way from a table to a data set, learned from the training table: categories, values for missing ones, scales of
/// features and targets. It is a value, which `save_model` stores beside the network.
///
///   const auto [train, test, none] = split(read_table("houses.csv"), {.train = 0.8, .dev = 0.2});
///   const Preprocess prepare{train, {.target = "price", .leave_out = {"id"}}};
///   fit(net, prepare.dataset(train), MeanSquaredError{}, Adam{});
///   const Matrix<> prices = predict(net, prepare, test);
///
/// Columns are matched by name, in any order. A text becomes a feature for each category, a number is standardized, a
/// missing value is the median, and a feature says so; `PreprocessOptions` has other rules.
///
/// Throws   DataError, which names row and column: for a column that is missing, has another kind or is unknown; for a
///          missing target; for values that the rules refuse.
/// Cost     a pass over the table; `inputs` takes the memory of its result.
/// Example  examples/34_house_prices.cpp
class Preprocess {
 public:
  Preprocess(const Table& train, const PreprocessOptions& options) {
    train.expect_usable(name);
    if (train.rows() == 0)
      throw DataError(name, "expected rows to learn from, got none", "pass the training table");
    const detail::ColumnsByName columns{train};
    std::vector<std::string> targets = options.targets;
    if (!options.target.empty()) targets.push_back(options.target);
    if (!options.label.empty() + !options.target.empty() + !options.targets.empty() > 1)
      throw DataError(name, "expected .target, .targets or .label, got several", "pass one of them");
    for (const std::string& column : options.leave_out) columns[column];  // throws if there is none
    for (const auto& [column, rule] : options.columns) columns[column];
    for (const std::string& target : targets)
      state_.targets.push_back(detail::learn_target(columns[target], options.target_rule));
    state_.label = options.label;
    state_.left_out = options.leave_out;
    state_.classes = options.classes;
    if (!state_.label.empty() && state_.classes.empty())
      state_.classes = detail::learn_classes(columns[state_.label]);

    for (const Column& column : train.columns) {
      if (is_named(state_.left_out, column.name) || is_named(targets, column.name) ||
          column.name == state_.label)
        continue;
      const auto rule = options.columns.find(column.name);
      state_.columns.push_back(detail::learn_column(
          column, rule != options.columns.end() ? rule->second : rule_of(column.kind, options),
          options.most_categories));
    }
    expect_usable();
  }

  /// Restores a value from its state. Throws DataError unless the state is valid.
  explicit Preprocess(PreprocessState state) : state_{std::move(state)} { expect_usable(); }

  const PreprocessState& state() const { return state_; }

  /// Returns the number of features.
  Index features() const {
    Index sum = 0;
    for (const LearnedColumn& column : state_.columns) sum += column.features();
    return sum;
  }
  /// Returns names such as "area", "district=north", "district=(other)" and "area (missing)".
  std::vector<std::string> feature_names() const {
    std::vector<std::string> names;
    for (const LearnedColumn& column : state_.columns) {
      if (column.encoding == Encoding::one_hot) {
        for (const std::string& category : column.categories) names.push_back(column.name + '=' + category);
        if (column.other) names.push_back(column.name + "=(other)");
      } else {
        names.push_back(column.name);
      }
      if (column.flag) names.push_back(column.name + " (missing)");
    }
    return names;
  }
  const std::vector<std::string>& class_names() const { return state_.classes; }

  /// Returns options to read another file with the kinds of the training table.
  TableOptions table_options() const {
    TableOptions options;
    for (const LearnedColumn& column : state_.columns) options.kinds.emplace(column.name, column.kind);
    if (!state_.classes.empty()) options.kinds.emplace(state_.label, ColumnKind::texts);
    return options;
  }

  /// Returns the features of a table, which needs no targets.
  ///
  /// Shapes   [features, rows]
  template <std::floating_point T = float>
  Matrix<T> inputs(const Table& table) const {
    return encoded<T>(table, state_.columns);
  }
  /// Returns the features before scaling, as the model that `save_onnx` writes takes them.
  template <std::floating_point T = float>
  Matrix<T> unscaled_inputs(const Table& table) const {
    std::vector<LearnedColumn> columns = state_.columns;
    for (LearnedColumn& column : columns) column.offset = 0, column.divisor = 1;
    return encoded<T>(table, columns);
  }

  /// Returns the features and targets of a table.
  template <std::floating_point T = float>
  Dataset<T> dataset(const Table& table) const {
    Dataset<T> data{
        .x = inputs<T>(table), .y = {}, .feature_names = feature_names(), .class_names = state_.classes};
    const detail::ColumnsByName columns{table};
    const bool has_label = !state_.label.empty();
    data.y.resize(has_label ? 1 : static_cast<Index>(state_.targets.size()), table.rows());
    if (has_label) detail::write_classes(columns[state_.label], state_.classes, data.y);
    for (std::size_t i = 0; i < state_.targets.size(); ++i) {
      const LearnedTarget& target = state_.targets[i];
      detail::write_target(columns[target.name], target.log, target.offset, target.divisor,
                           data.y.row(static_cast<Index>(i)));
    }
    return data;
  }

  /// Converts predictions to the units of the targets. Does nothing for classes. Throws ShapeError unless there is a row
  /// for each target.
  template <std::floating_point T>
  void invert(Matrix<T>& y) const {
    if (state_.targets.empty()) return;
    if (y.rows() != static_cast<Index>(state_.targets.size()))
      throw_error<ShapeError>(
          name, {"expected ", state_.targets.size(), " outputs, one per target, got ", y.rows()},
          "pass the predictions of a network with an output for each target");
    for (Index i = 0; i < y.rows(); ++i) {
      const LearnedTarget& target = state_.targets[static_cast<std::size_t>(i)];
      for (Index j = 0; j < y.cols(); ++j) {
        const double value = static_cast<double>(y(i, j)) * target.divisor + target.offset;
        y(i, j) = static_cast<T>(target.log ? std::expm1(value) : value);
      }
    }
  }

 private:
  static constexpr std::string_view name = "Preprocess";

  static bool is_named(const std::vector<std::string>& names, const std::string& column) {
    return std::find(names.begin(), names.end(), column) != names.end();
  }
  static const ColumnRule& rule_of(ColumnKind kind, const PreprocessOptions& options) {
    return kind == ColumnKind::texts   ? options.texts
           : kind == ColumnKind::dates ? options.dates
                                       : options.numbers;
  }

  void expect_usable() const {
    const auto is_scale = [](double offset, double divisor) {
      return is_finite(offset) && is_finite(divisor) && divisor != 0;
    };
    bool valid = true;
    for (const LearnedTarget& target : state_.targets)
      valid = valid && is_scale(target.offset, target.divisor);
    for (const LearnedColumn& column : state_.columns) {
      const bool categories = column.encoding != Encoding::number;
      valid = valid && column.encoding != Encoding::automatic && is_scale(column.offset, column.divisor) &&
              is_finite(column.fill) && is_finite(column.low) && is_finite(column.high) &&
              column.low <= column.high && (categories || column.kind != ColumnKind::texts) &&
              (!categories ||
               (column.fill >= -1 && column.fill < static_cast<double>(column.categories.size()))) &&
              (!column.log || column.high > -1);
    }
    if (!valid)
      throw DataError(name, "expected finite scales and values of the columns, got others",
                      "pass the state() of another Preprocess");
    if (features() == 0)
      throw DataError(name, "expected a column for features, got none",
                      "pass a table with columns beside the targets and those in .leave_out");
  }

  template <std::floating_point T>
  Matrix<T> encoded(const Table& table, const std::vector<LearnedColumn>& learned) const {
    table.expect_usable(name);
    const detail::ColumnsByName columns{table};
    std::vector<const Column*> sources;
    for (const LearnedColumn& column : learned) sources.push_back(&columns[column.name]);
    expect_known(table, learned);
    return detail::encode<T>(learned, sources, features(), table.rows());
  }

  void expect_known(const Table& table, const std::vector<LearnedColumn>& learned) const {
    std::set<std::string_view> known{state_.label};
    for (const LearnedColumn& column : learned) known.insert(column.name);
    for (const LearnedTarget& target : state_.targets) known.insert(target.name);
    known.insert(state_.left_out.begin(), state_.left_out.end());
    for (const Column& column : table.columns)
      if (!known.contains(column.name))
        throw_error<DataError>(
            name, {"expected the columns of the training table, got another one, \"", column.name, '"'},
            "read the table with .leave_out, or list the column in .leave_out of the Preprocess");
  }

  PreprocessState state_;
};

}  // namespace descent
