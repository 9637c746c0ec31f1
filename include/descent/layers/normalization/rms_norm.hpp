#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/row_blocks.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `RMSNorm`.
struct RMSNormOptions {
  double epsilon = 1e-5;  ///< added to the mean square, inside the square root
};

/// Root mean square normalization: layer normalization without the mean and without an offset. If x has `features`
/// channels, it is applied at each position.
///
///   n = x / sqrt(mean over features of x^2 + epsilon)        y = gamma * n
///
///   dgamma = sum over samples of dy * n      g = gamma * dy
///   dx = (g - n * mean(g * n)) / sqrt(mean of x^2 + epsilon)       the means are over features
///
/// Shapes   x, y [features, m] or {features, height, width}   gamma [features]
/// Throws   ShapeError when x has neither `features` values nor channels, or when `features` is not positive; DataError
///          when epsilon is negative or not finite.
/// Cost     three passes over the batch forward, three backward.
/// Source   Zhang, Sennrich: Root mean square layer normalization (NeurIPS 2019)
template <std::floating_point T = float>
class RMSNorm {
 public:
  static constexpr std::string_view name = "RMSNorm";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx, normalized;
    Vector<T> inverse_root;  // of each sample
  };

  explicit RMSNorm(Index features, const RMSNormOptions& with = {})
      : gamma(filled<Vector<T>>(name, positive_features(name, features), 1, T(1))), options(with) {
    expect_not_negative({name, "epsilon", with.epsilon});
  }

  static void visit(auto&& f, auto&... tree) { f(Parameter{"gamma", Role::scale}, tree.gamma...); }
  static void visit_options(auto&& f, auto&... tree) { f("epsilon", tree.options.epsilon...); }

  Shape output_shape(const Shape& in) const {
    positions_of(name, gamma.size(), in);
    return in;
  }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    const Batch<T> x = feature_columns(name, gamma.size(), samples);
    c.y.resize(x.rows(), x.cols());
    c.normalized.resize(x.rows(), x.cols());
    c.inverse_root.resize(x.cols());
    const T k = T(x.rows());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      c.inverse_root(j) = 1 / std::sqrt(x.col(j).squaredNorm() / k + T(options.epsilon));
      c.normalized.col(j) = x.col(j) * c.inverse_root(j);
      c.y.col(j) = gamma.cwiseProduct(c.normalized.col(j));
    });
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& samples, const Batch<T>& slopes, Cache& c, RMSNorm& gradient,
                    const Pass& pass) const {
    expect_backward(name, {gamma.size(), gamma.size()}, samples, slopes, c.y);
    const Batch<T> dy{slopes.data(), Shape{gamma.size()}, c.y.cols()};
    gradient.gamma.resize(dy.rows());
    for_row_blocks(pass.workers(), dy.rows(), dy.cols(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Values = Eigen::Array<T, n, 1>;
      Values products = Values::Zero();
      for (Index j = 0; j < dy.cols(); ++j)
        products +=
            dy.col(j).template segment<n>(i).array() * c.normalized.col(j).template segment<n>(i).array();
      gradient.gamma.template segment<n>(i) = products;
    });
    c.dx.resize(dy.rows(), dy.cols());
    const T k = T(dy.rows());
    for_columns(pass.workers(), dy.rows(), dy.cols(), [&](Index j) {
      const auto n = c.normalized.col(j).array();
      auto dx = c.dx.col(j).array();
      dx = gamma.array() * dy.col(j).array();
      const T along = (dx * n).sum() / k;
      dx = (dx - n * along) * c.inverse_root(j);
    });
    return samples.with_numbers(c.dx);
  }

  Vector<T> gamma;
  RMSNormOptions options;
};

}  // namespace descent
