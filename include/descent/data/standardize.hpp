#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/data/input_layer.hpp"
#include "descent/tree/parameter.hpp"

namespace descent {

/// Brings every feature to mean 0 and standard deviation 1. Learn it on the training set alone, and apply
/// the same to every other input; or put it in front of a network, as its first layer.
///
///   mu = mean over samples of x      sigma^2 = mean over samples of (x - mu)^2
///   x' = (x - mu) / sigma            and sigma = 1 for a feature that never changes
///
/// Images and sequences, as those of `train.inputs()`, are learned and changed by channel.
///
/// Shapes   x [features, samples] or {channels, height, width}
/// Throws   DataError for no samples or values that are not finite, ShapeError for another feature count.
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class Standardize : public InputLayer<Standardize<T>, T> {
 public:
  static constexpr std::string_view name = "Standardize";

  explicit Standardize(const Batch<T>& samples) {
    const Batch<T> x = samples.channels();
    positive_features(name, x.rows());
    if (x.cols() == 0)
      throw DataError(name, "expected samples to learn from, got none", "hand in the training set");
    if (!all_finite(x))
      throw DataError(name, "expected finite values to learn from, got infinity or not-a-number",
                      "remove such samples, or fill the values in");
    const auto count = static_cast<double>(x.cols());
    // Relative to the first sample: a large offset does not swallow the deviation, and a constant feature has
    // a deviation of exactly 0.
    const Eigen::VectorXd first = x.col(0).template cast<double>();
    const Eigen::MatrixXd values = x.template cast<double>().colwise() - first;
    const Eigen::VectorXd mu = values.rowwise().sum() / count;
    const Eigen::VectorXd sigma = ((values.colwise() - mu).rowwise().squaredNorm() / count).cwiseSqrt();
    mean_ = (first + mu).template cast<T>();
    deviation_ = sigma.template cast<T>();
    deviation_ = (deviation_.array() > T(0)).select(deviation_, T(1));
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

}  // namespace descent
