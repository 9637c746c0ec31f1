#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"
#include "descent/data/input_layer.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The range that MinMax scales each feature to.
struct MinMaxOptions {
  double low = 0;
  double high = 1;
};

/// Scales every feature to the range from `low` to `high`. Construct it from the training set only, and apply it to
/// all other inputs, whose values may then be out of the range; or make it the first layer of a network.
///
///   x' = low + (high - low) (x - min) / (max - min)      with x' = low for a constant feature
///
/// For images and sequences, such as `train.inputs()`, the statistics are per channel.
///
/// Shapes   x [features, samples] or {channels, height, width}
/// Throws   DataError without samples, for values that are not finite or for low >= high; ShapeError in `apply` and
///          `invert` for a different number of features.
template <std::floating_point T = float>
class MinMax : public InputLayer<MinMax<T>, T> {
 public:
  static constexpr std::string_view name = "MinMax";

  explicit MinMax(const Batch<T>& samples, const MinMaxOptions& options = {}) : low_{T(options.low)} {
    if (!is_finite(options.low) || !is_finite(options.high) || options.low >= options.high)
      throw DataError(name, detail::joined("expected low < high, got ", options.low, " and ", options.high),
                      "choose .low below .high, such as the default of 0 and 1");
    const T range = T(options.high - options.low);
    if (!is_finite(range) || !is_finite(low_) || range <= 0)
      throw DataError(
          name,
          detail::joined("expected a finite range from low to high, got ", options.low, " to ", options.high),
          "choose bounds whose difference is representable in the precision of the values");
    const Batch<T> x = samples.channels();
    positive_features(name, x.rows());
    if (x.cols() == 0)
      throw DataError(name, "expected samples to learn from, got none", "pass the training set");
    if (!all_finite(x))
      throw DataError(name, "expected finite values to learn from, got infinity or NaN",
                      "remove those samples, or impute the values");
    minimum_ = x.rowwise().minCoeff();
    const Vector<T> scale = (x.rowwise().maxCoeff() - minimum_) / range;
    scale_ = (scale.array() > T(0)).select(scale, T(1));
  }

  void apply(Matrix<T>& x) const {
    expect_features(name, minimum_.size(), x.rows());
    x = ((x.colwise() - minimum_).array().colwise() / scale_.array() + low_).matrix();
  }
  /// Undoes `apply`.
  void invert(Matrix<T>& x) const {
    expect_features(name, minimum_.size(), x.rows());
    x = ((x.array() - low_).colwise() * scale_.array()).matrix().colwise() + minimum_;
  }

  const Vector<T>& minimum() const { return minimum_; }
  /// Returns (max - min) / (high - low), which is replaced by 1 for a constant feature.
  const Vector<T>& scale() const { return scale_; }
  const Vector<T>& divisor() const { return scale_; }

  static void visit_state(auto&& f, auto&... tree) {
    f(Parameter{"minimum", Role::state}, tree.minimum_...);
    f(Parameter{"scale", Role::state}, tree.scale_...);
  }
  static void visit_options(auto&& f, auto&... tree) { f("low", tree.low_...); }

 private:
  T low_;
  Vector<T> minimum_, scale_;
};

template <class E>
MinMax(const Eigen::MatrixBase<E>&, const MinMaxOptions& = {}) -> MinMax<typename E::Scalar>;

}  // namespace descent
