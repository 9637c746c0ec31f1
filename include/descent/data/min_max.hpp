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

namespace descent {

/// The new smallest and largest value of each feature.
struct MinMaxOptions {
  double low = 0;
  double high = 1;
};

/// Brings every feature into the range from `low` to `high`. Learn it on the training set alone, and apply the
/// same to every other input, whose values may then lie outside; or put it in front of a network, as its first layer.
///
///   x' = low + (high - low) (x - min) / (max - min)      and low for a feature that never changes
///
/// Images and sequences, as those of `train.inputs()`, are learned and changed by channel.
///
/// Shapes   x [features, samples] or {channels, height, width}
/// Throws   DataError for no samples, values that are not finite or low >= high; ShapeError for another
///          feature count.
template <std::floating_point T = float>
class MinMax : public InputLayer<MinMax<T>, T> {
 public:
  static constexpr std::string_view name = "MinMax";

  explicit MinMax(const Batch<T>& samples, const MinMaxOptions& options = {}) : low_{T(options.low)} {
    if (!is_finite(options.low) || !is_finite(options.high) || options.low >= options.high)
      throw DataError(name, detail::joined("expected low < high, got ", options.low, " and ", options.high),
                      "the default is from 0 to 1");
    const T range = T(options.high - options.low);
    if (!is_finite(range) || !is_finite(low_) || range <= 0)
      throw DataError(
          name,
          detail::joined("expected a finite range from low to high, got ", options.low, " to ", options.high),
          "choose bounds that the precision of the values can tell apart");
    const Batch<T> x = samples.channels();
    positive_features(name, x.rows());
    if (x.cols() == 0)
      throw DataError(name, "expected samples to learn from, got none", "hand in the training set");
    if (!all_finite(x))
      throw DataError(name, "expected finite values to learn from, got infinity or not-a-number",
                      "remove such samples, or fill the values in");
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
  /// (max - min) / (high - low), and 1 for a feature that never changes.
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
