#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "descent/autodiff/derivatives.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/evaluate.hpp"

// The columns of a table that a network depends on.

namespace descent::inline DESCENT_ABI {

/// A column of a table, or several that belong together, and what depends on it.
struct ColumnImportance {
  std::string column;    ///< name, or else number
  double importance;     ///< mean over the repetitions, or over the samples
  double deviation = 0;  ///< standard deviation over them
};

/// Columns by importance, the most important first. Printed, it is a table.
struct ImportanceReport {
  std::vector<ColumnImportance> columns;

  friend std::ostream& operator<<(std::ostream& out, const ImportanceReport& report) {
    std::size_t width = 6;
    for (const ColumnImportance& column : report.columns) width = std::max(width, column.column.size());
    const auto digits = [](double value) { return detail::number_text(value, std::chars_format::fixed, 4); };
    for (const ColumnImportance& column : report.columns)
      out << detail::left_aligned(column.column, width)
          << detail::right_aligned(digits(column.importance), 10) << " +- " << digits(column.deviation)
          << '\n';
    return out;
  }
};

/// Columns that are shuffled together, such as those of one text column as one-hot numbers.
struct ColumnGroup {
  std::string name;
  std::vector<Index> columns;
};

/// The options of `permutation_importance`.
struct PermutationOptions {
  int repetitions = 5;                   ///< shuffles of each column
  std::uint64_t seed = 0;                ///< seed of the shuffles
  std::vector<ColumnGroup> groups = {};  ///< columns that belong together; others are on their own
};

namespace detail {

/// Returns the mean and the standard deviation of some numbers.
inline ColumnImportance importance_of(std::string column, const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {std::move(column), mean, std::sqrt(squares / count)};
}

inline ImportanceReport sorted(std::vector<ColumnImportance> columns) {
  std::stable_sort(columns.begin(), columns.end(),
                   [](const auto& a, const auto& b) { return a.importance > b.importance; });
  return {std::move(columns)};
}

template <std::floating_point T>
std::string column_name(const Dataset<T>& data, Index column) {
  const auto i = static_cast<std::size_t>(column);
  return i < data.feature_names.size() ? data.feature_names[i] : joined({column});
}

/// Returns the given groups, and one for each column that is in none.
template <std::floating_point T>
std::vector<ColumnGroup> column_groups(const Dataset<T>& data, std::vector<ColumnGroup> groups) {
  std::vector<bool> seen(static_cast<std::size_t>(data.features()));
  for (const ColumnGroup& group : groups)
    for (const Index column : group.columns) {
      if (column < 0 || column >= data.features())
        throw_error<DataError>("permutation_importance",
                               {"expected columns from 0 to ", data.features() - 1, " in group \"",
                                group.name, "\", got ", column},
                               "count the features of the data set from 0");
      seen[static_cast<std::size_t>(column)] = true;
    }
  for (Index column = 0; column < data.features(); ++column)
    if (!seen[static_cast<std::size_t>(column)]) groups.push_back({column_name(data, column), {column}});
  return groups;
}

}  // namespace detail

/// Computes how much worse a network predicts when the values of a column are shuffled among the samples: the drop of a
/// metric, or the rise of a loss. A column that the network does not use has an importance of 0. Use data that it was
/// not trained on, and shuffle columns that carry the same information as a group, since one stands in for the other.
///
///   std::cout << permutation_importance(net, test, Accuracy{});
///   permutation_importance(net, test, MeanSquaredError{}, {.repetitions = 10});
///   permutation_importance(net, test, Accuracy{}, {.groups = {{"color", {3, 4, 5}}}})
///
/// A metric that is better when it is smaller, such as an error, has negative importances: pass a loss instead.
///
/// Throws   as evaluate; DataError for a column that does not exist and without repetitions.
/// Cost     a forward pass for each column and repetition, and a copy of the data
/// Source   Breiman: Random forests (Machine Learning 45, 2001), 10
/// Example  examples/41_sensitivity.cpp
template <Layer M, class Measure>
  requires Loss<Measure, typename M::Scalar> || Metric<Measure, typename M::Scalar>
ImportanceReport permutation_importance(const M& model, const Dataset<typename M::Scalar>& data,
                                        const Measure& measure, const PermutationOptions& options = {}) {
  using T = typename M::Scalar;
  expect_at_least_one({"permutation_importance", "repetitions", static_cast<double>(options.repetitions)});
  constexpr double sign = Metric<Measure, T> ? -1 : 1;
  const auto before = static_cast<double>(evaluate(model, data, measure));
  Dataset<T> shuffled = data;
  std::vector<ColumnImportance> columns;
  std::vector<Index> order(static_cast<std::size_t>(data.samples()));
  for (const ColumnGroup& group : detail::column_groups(data, options.groups)) {
    Rng rng{
        options.seed};  // the same shuffles for each column, so that the order of the columns does not matter
    std::vector<double> changes;
    for (int repetition = 0; repetition < options.repetitions; ++repetition) {
      std::iota(order.begin(), order.end(), Index{0});
      rng.shuffle(order);
      for (const Index column : group.columns)
        for (Index j = 0; j < data.samples(); ++j)
          shuffled.x(column, j) = data.x(column, order[static_cast<std::size_t>(j)]);
      changes.push_back(sign * (static_cast<double>(evaluate(model, shuffled, measure)) - before));
    }
    for (const Index column : group.columns) shuffled.x.row(column) = data.x.row(column);
    columns.push_back(detail::importance_of(group.name, changes));
  }
  return detail::sorted(std::move(columns));
}

/// Computes how strongly the outputs of a network react to each column: the mean over samples and outputs of
/// |dy_i / dx_j| times the standard deviation of the column, which is the change of an output when the column changes by
/// a usual amount. Unlike `permutation_importance` it needs no targets and compares small changes around the samples.
///
///   std::cout << sensitivity(net, test);
///
/// Throws   as predict.
/// Cost     a forward and a backward pass for each output
/// Source   Simonyan, Vedaldi, Zisserman: Deep inside convolutional networks (2013)
/// Example  examples/41_sensitivity.cpp
template <Layer M>
ImportanceReport sensitivity(const M& model, const Dataset<typename M::Scalar>& data) {
  using T = typename M::Scalar;
  detail::expect_data(model, data, "sensitivity", "the data set");
  const Batch<T> x = data.inputs();
  typename M::Cache cache;
  M gradient = zeros_like(model);
  const Pass pass = Pass::inference();
  const Index outputs = model.output_shape(x.shape()).size();
  Eigen::ArrayXXd slopes = Eigen::ArrayXXd::Zero(x.rows(), x.cols());
  for (Index i = 0; i < outputs; ++i) {
    const Batch<T> y = model.forward(x, cache, pass);
    Matrix<T> dy = Matrix<T>::Zero(outputs, x.cols());
    dy.row(i).setOnes();
    slopes += model.backward(x, {dy, y.shape()}, cache, gradient, pass).array().abs().template cast<double>();
  }
  std::vector<ColumnImportance> columns;
  for (Index column = 0; column < x.rows(); ++column) {
    const Eigen::ArrayXd values = x.row(column).transpose().array().template cast<double>();
    const double usual = std::sqrt((values - values.mean()).square().mean());
    std::vector<double> changes(static_cast<std::size_t>(x.cols()));
    for (Index j = 0; j < x.cols(); ++j)
      changes[static_cast<std::size_t>(j)] = usual * slopes(column, j) / static_cast<double>(outputs);
    columns.push_back(detail::importance_of(detail::column_name(data, column), changes));
  }
  return detail::sorted(std::move(columns));
}

}  // namespace descent
