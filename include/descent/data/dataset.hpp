#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Samples with their targets.
///
/// Shapes   x [features, samples]   y [targets, samples]
///
/// A class label is an integer from 0 in a single row of targets; -1 (`ignored_class`) excludes the sample. The names
/// may be empty, and so may the weights if all samples have the same:
///
///   train.weights = Vector<>::Ones(train.samples());
///   train.weights[7] = 0.1F;      losses, gradients and metrics are weighted means
///
/// Sequences of different lengths are padded at the end to the width of `shape`, with any numbers, and `lengths` has the
/// number of time steps of each. Targets may be those of each time step, one after another in the column of the sample:
/// losses and metrics then are means over the time steps without the padding.
template <std::floating_point T = float>
struct Dataset {
  Matrix<T> x;
  Matrix<T> y;
  std::vector<std::string> feature_names = {};
  std::vector<std::string> class_names = {};
  Vector<T> weights = {};  ///< of the samples; empty if all are 1
  Shape shape{0};          ///< of a sample, such as {3, 32, 32} for images; by default plain features
  std::vector<Index> lengths = {};  ///< time steps of each sequence; empty if all have the width of `shape`

  /// Returns the shape of a sample: `shape`, or plain features if it is empty.
  Shape sample_shape() const { return shape.size() == 0 ? Shape{features()} : shape; }
  /// Returns a view of the samples with their shape and lengths. Throws ShapeError if the number of features is not that
  /// of the shape, or if there is not one length per sample; DataError if one is out of range.
  [[gnu::noinline]] Batch<T> inputs() const { return Batch<T>{x, sample_shape()}.with_lengths(lengths); }

  Index samples() const { return x.cols(); }
  Index features() const { return x.rows(); }

  /// Returns the samples with these indices, in this order. Throws DataError for an index without a sample or a
  /// target; ShapeError if the number of weights or lengths is not that of the samples.
  Dataset subset(std::span<const Index> indices) const {
    detail::expect_weights("subset", SampleWeights<T>{weights}, samples());
    inputs();
    for (const Index i : indices)
      if (i < 0 || i >= x.cols() || i >= y.cols())
        throw_error<DataError>("subset",
                               {"expected the index of one of ", x.cols(), " samples, each with one of ",
                                y.cols(), " targets, got ", i},
                               "number the samples from 0");
    // Eigen::all does not exist in Eigen 5, and Eigen::placeholders::all is deprecated in Eigen 3.4.
    const auto columns = [&](const Matrix<T>& of) { return of(Eigen::seqN(Index{0}, of.rows()), indices); };
    Dataset part{columns(x), columns(y), feature_names, class_names, {}, shape, {}};
    if (weights.size() > 0) part.weights = weights(indices);
    if (!lengths.empty())
      for (const Index i : indices) part.lengths.push_back(lengths[static_cast<std::size_t>(i)]);
    return part;
  }
};

template <class X, class Y>
Dataset(const Eigen::MatrixBase<X>&, const Eigen::MatrixBase<Y>&, std::vector<std::string> = {},
        std::vector<std::string> = {}, Vector<typename X::Scalar> = {}, Shape = {}, std::vector<Index> = {})
    -> Dataset<typename X::Scalar>;

/// Throws DataError, which names `user` and the data's `role`, unless there are samples, each with a target and, if
/// there are weights, a weight.
template <std::floating_point T>
void expect_samples(const Dataset<T>& data, std::string_view user, std::string_view role) {
  if (data.samples() == 0)
    throw_error<DataError>(user, {"expected samples in ", role, ", got an empty set"},
                           "check the file that was read, or choose a larger split");
  if (data.y.cols() != data.samples())
    throw_error<DataError>(
        user,
        {"expected a target for each of the ", data.samples(), " samples of ", role, ", got ", data.y.cols()},
        "pass x as [features, samples] and y as [targets, samples]; transpose the one whose rows are "
        "samples");
  if (const Index weights = data.weights.size(); weights != 0 && weights != data.samples())
    throw_error<DataError>(
        user, {"expected a weight for each of the ", data.samples(), " samples of ", role, ", got ", weights},
        "leave .weights empty if all samples have the same weight");
  data.inputs();
}

/// Throws like expect_samples, and also unless all values are finite, no weight is negative and at least one is
/// positive.
template <std::floating_point T>
void expect_usable(const Dataset<T>& data, std::string_view user, std::string_view role) {
  expect_samples(data, user, role);
  const auto expect_finite = [&](const Matrix<T>& values, std::string_view what) {
    if (all_finite(values)) return;
    for (Index j = 0; j < values.cols(); ++j)
      for (Index i = 0; i < values.rows(); ++i)
        if (!is_finite(values(i, j)))
          throw_error<DataError>(user,
                                 {"expected finite values in ", role, ", got ", values(i, j), " in ", what,
                                  ' ', i, " of sample ", j},
                                 "remove the sample, or impute the value");
  };
  expect_finite(data.x, "feature");
  expect_finite(data.y, "target");
  const SampleWeights<T> weights{data.weights};
  detail::expect_weight_values(user, weights, role);
  if (weights.sum(data.samples()) == 0)
    throw_error<DataError>(user, {"expected a weight above 0 in ", role, ", got 0 for every sample"},
                           "leave .weights empty if all samples have the same weight");
}

namespace detail {

/// Throws DataError unless the names of the features or the classes, `what`, are those of the training set.
[[gnu::cold]] inline void expect_names(std::string_view what, const std::vector<std::string>& expected,
                                       const std::vector<std::string>& names, std::string_view user,
                                       std::string_view role) {
  if (expected.empty() || names.empty()) return;
  std::size_t i = 0;
  while (i < expected.size() && i < names.size() && expected[i] == names[i]) ++i;
  if (i == expected.size() && i == names.size()) return;
  const auto shown = [i](const std::vector<std::string>& all) {
    return i < all.size() ? joined({'"', all[i], '"'}) : "none";
  };
  throw_error<DataError>(
      user,
      {"expected ", what, " named as in the training set, got ", shown(names), " as number ", i, " of ", role,
       " instead of ", shown(expected)},
      "read the file with the columns of the training set: read_csv(path, like(train, options))");
}

}  // namespace detail

/// Throws DataError, which names `user` and the `role` of `data`, unless features and classes have the same names
/// in the same order as in the training set: otherwise an index would mean different things. Empty names match any.
template <std::floating_point T>
void expect_same_names(const Dataset<T>& train, const Dataset<T>& data, std::string_view user,
                       std::string_view role) {
  detail::expect_names("features", train.feature_names, data.feature_names, user, role);
  detail::expect_names("classes", train.class_names, data.class_names, user, role);
}

}  // namespace descent
