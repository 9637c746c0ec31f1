#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/data/input_layer.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// Standardizes every feature to mean 0 and standard deviation 1. Construct it from the training set only, and apply
/// it to all other inputs; or make it the first layer of a network.
///
///   mu = mean over samples of x      sigma^2 = mean over samples of (x - mu)^2
///   x' = (x - mu) / sigma            with sigma = 1 for a constant feature
///
/// For images and sequences, such as `train.inputs()`, the statistics are per channel.
///
/// Shapes   x [features, samples] or {channels, height, width}
/// Throws   DataError without samples, or for values that are not finite; ShapeError in `apply` and `invert` for a
///          different number of features.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class Standardize : public InputLayer<Standardize<T>, T> {
 public:
  static constexpr std::string_view name = "Standardize";

  explicit Standardize(const Batch<T>& samples) {
    const Batch<T> x = samples.channels();
    positive_features(name, x.rows());
    if (x.cols() == 0)
      throw DataError(name, "expected samples to learn from, got none", "pass the training set");
    if (!all_finite(x))
      throw DataError(name, "expected finite values to learn from, got infinity or NaN",
                      "remove those samples, or impute the values");
    const auto count = static_cast<double>(x.cols());
    // Relative to the first sample: a large mean does not cancel the deviation, and a constant feature has a deviation
    // of exactly 0.
    const Eigen::VectorXd first = x.col(0).template cast<double>();
    const Eigen::MatrixXd values = x.template cast<double>().colwise() - first;
    const Eigen::VectorXd mu = values.rowwise().sum() / count;
    const Eigen::VectorXd sigma = ((values.colwise() - mu).rowwise().squaredNorm() / count).cwiseSqrt();
    mean_ = (first + mu).template cast<T>();
    deviation_ = sigma.template cast<T>();
    deviation_ = (deviation_.array() > T(0)).select(deviation_, T(1));
  }

  /// Takes a given mean and deviation of each feature. Throws ShapeError unless both have the same size, at least 1;
  /// DataError unless all values are finite and no deviation is 0.
  Standardize(Vector<T> mean, Vector<T> deviation)
      : mean_{std::move(mean)}, deviation_{std::move(deviation)} {
    positive_features(name, mean_.size());
    expect_features(name, mean_.size(), deviation_.size());
    if (!all_finite(mean_) || !all_finite(deviation_) || (deviation_.array() == T(0)).any())
      throw DataError(name, "expected finite means, and deviations other than 0, got others",
                      "pass a deviation of 1 for a constant feature");
  }

  void apply(Matrix<T>& x) const {
    expect_features(name, mean_.size(), x.rows());
    x = (x.colwise() - mean_).array().colwise() / deviation_.array();
  }
  /// Undoes `apply`.
  void invert(Matrix<T>& x) const {
    expect_features(name, mean_.size(), x.rows());
    x = ((x.array().colwise() * deviation_.array()).matrix()).colwise() + mean_;
  }

  const Vector<T>& mean() const { return mean_; }
  const Vector<T>& deviation() const { return deviation_; }
  const Vector<T>& divisor() const { return deviation_; }

  static void visit_state(auto&& f, auto&... tree) {
    f(Parameter{"mean", Role::state}, tree.mean_...);
    f(Parameter{"deviation", Role::state}, tree.deviation_...);
  }

 private:
  Vector<T> mean_, deviation_;
};

template <class E>
Standardize(const Eigen::MatrixBase<E>&) -> Standardize<typename E::Scalar>;
template <class E, class F>
Standardize(const Eigen::MatrixBase<E>&, const Eigen::MatrixBase<F>&) -> Standardize<typename E::Scalar>;

}  // namespace descent
