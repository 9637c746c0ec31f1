#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/losses/targets.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Returns the class of a target: the number in a single row, or the row of the 1 in a one-hot column. Throws for
/// anything else.
template <std::floating_point T>
Index class_of(std::string_view user, const Matrix<T>& y, Index sample) {
  constexpr Index most = Index{1} << 24;  // a float represents all integers up to it
  if (y.rows() == 1) return class_index(user, y(0, sample), sample, most);
  const auto column = y.col(sample).array();
  const Index ones = (column == T(1)).count();
  if (!all_finite(column) || ones != 1 || (column == T(0)).count() != y.rows() - 1)
    throw_error<DataError>(user, {"expected a class, got other targets of sample ", sample},
                           "pass classes in one row, or one-hot columns");
  Index row = 0;
  column.maxCoeff(&row);
  return row;
}

/// Returns the samples of each class, without those of the ignored class.
template <std::floating_point T>
std::vector<std::vector<Index>> samples_by_class(const Dataset<T>& data, std::string_view user) {
  descent::expect_samples(data, user, "the data");
  std::vector<std::vector<Index>> classes(
      std::max(data.class_names.size(), static_cast<std::size_t>(data.y.rows() == 1 ? 0 : data.y.rows())));
  for (Index j = 0; j < data.samples(); ++j) {
    const Index c = class_of(user, data.y, j);
    if (c == ignored_class) continue;
    if (static_cast<std::size_t>(c) >= classes.size()) classes.resize(static_cast<std::size_t>(c) + 1);
    classes[static_cast<std::size_t>(c)].push_back(j);
  }
  return classes;
}

}  // namespace detail

/// Returns a weight for each class such that all classes have the same total weight and the mean over samples is 1.
/// A class without samples has the weight 0.
///
///   w_c = samples / (classes that occur * samples of class c), samples counted by their weights
///
///   fit(net, train, SoftmaxCrossEntropy{.class_weights = balanced_class_weights(train)}, Adam{});
///
/// Throws   DataError without samples, or for targets that are not classes.
/// Source   class_weight="balanced" of scikit-learn; King, Zeng: Logistic regression in rare events data (Political
///          Analysis 9, 2001)
/// Example  examples/37_imbalance.cpp
template <std::floating_point T>
std::vector<double> balanced_class_weights(const Dataset<T>& data) {
  const SampleWeights<T> weights{data.weights};
  std::vector<double> sums;
  double total = 0, occurring = 0;
  for (const std::vector<Index>& members : detail::samples_by_class(data, "balanced_class_weights")) {
    double sum = 0;
    for (const Index j : members) sum += static_cast<double>(weights(j));
    sums.push_back(sum);
    total += sum;
    occurring += sum > 0 ? 1 : 0;
  }
  for (double& sum : sums) sum = sum > 0 ? total / (occurring * sum) : 0;
  return sums;
}

/// Returns for each output the weight of targets of 1 that makes them as heavy as those of 0: zeros / ones, for the
/// `.positive_weights` of a loss, or for `.positive_weight` if there is one output.
///
///   SigmoidCrossEntropy{.positive_weights = balanced_positive_weights(train)}
///
/// Throws   DataError without samples, for targets that are neither 0 nor 1, and unless each output has both.
/// Example  examples/37_imbalance.cpp
template <std::floating_point T>
std::vector<double> balanced_positive_weights(const Dataset<T>& data) {
  constexpr std::string_view user = "balanced_positive_weights";
  expect_samples(data, user, "the data");
  const SampleWeights<T> weights{data.weights};
  std::vector<double> all;
  for (Index i = 0; i < data.y.rows(); ++i) {
    double zeros = 0, ones = 0;
    for (Index j = 0; j < data.samples(); ++j) {
      const T t = data.y(i, j);
      if (!is_finite(t) || (t != 0 && t != 1))
        throw_error<DataError>(user, {"expected targets of 0 or 1, got ", t, " for sample ", j},
                               "take balanced_class_weights for more classes");
      (t == 1 ? ones : zeros) += static_cast<double>(weights(j));
    }
    if (!(zeros > 0) || !(ones > 0))
      throw_error<DataError>(user,
                             {"expected targets of both kinds, got a weight of ", zeros, " for 0 and of ",
                              ones, " for 1 in output ", i},
                             "pass a set with samples of both");
    all.push_back(zeros / ones);
  }
  return all;
}

}  // namespace descent
