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

/// The options of `LayerNorm`.
struct LayerNormOptions {
  double epsilon = 1e-5;  ///< added to the variance, inside the square root; Keras has 1e-3
};

/// Layer normalization of each sample over its features. If x has `features` channels, of each position over its
/// channels. Samples do not depend on each other, so training and inference are the same.
///
///   mu = mean over features of x      sigma^2 = mean over features of (x - mu)^2
///   n  = (x - mu) / sqrt(sigma^2 + epsilon)        y = gamma * n + beta
///
///   dgamma = sum over samples of dy * n      dbeta = sum over samples of dy      g = gamma * dy
///   dx = (g - mean(g) - n * mean(g * n)) / sqrt(sigma^2 + epsilon)       the means are over features
///
/// Shapes   x, y [features, m] or {features, height, width}   gamma, beta [features]
/// Throws   ShapeError when x has neither `features` values nor channels, or when `features` is not positive; DataError
///          when epsilon is negative or not finite.
/// Cost     four passes over the batch forward, three backward.
/// Source   Ba, Kiros, Hinton: Layer normalization (arXiv:1607.06450)
template <std::floating_point T = float>
class LayerNorm {
 public:
  static constexpr std::string_view name = "LayerNorm";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx, normalized;
    Vector<T> inverse_deviation;  // of each sample
  };

  explicit LayerNorm(Index features, const LayerNormOptions& with = {})
      : gamma(filled<Vector<T>>(name, positive_features(name, features), 1, T(1))),
        beta(Vector<T>::Zero(features)),
        options(with) {
    expect_not_negative({name, "epsilon", with.epsilon});
  }

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"gamma", Role::scale}, tree.gamma...);
    f(Parameter{"beta", Role::bias}, tree.beta...);
  }
  static void visit_options(auto&& f, auto&... tree) { f("epsilon", tree.options.epsilon...); }

  Shape output_shape(const Shape& in) const {
    positions_of(name, gamma.size(), in);
    return in;
  }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    const Batch<T> x = feature_columns(name, gamma.size(), samples);
    c.y.resize(x.rows(), x.cols());
    c.normalized.resize(x.rows(), x.cols());
    c.inverse_deviation.resize(x.cols());
    const T k = T(x.rows());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      auto n = c.normalized.col(j).array();
      // Relative to the first feature, then to the mean, so that a large mean does not cancel digits of the variance.
      n = x.col(j).array() - x(0, j);
      n -= n.sum() / k;
      c.inverse_deviation(j) = 1 / std::sqrt(n.square().sum() / k + T(options.epsilon));
      n *= c.inverse_deviation(j);
      c.y.col(j) = gamma.cwiseProduct(c.normalized.col(j)) + beta;
    });
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& samples, const Batch<T>& slopes, Cache& c, LayerNorm& gradient,
                    const Pass& pass) const {
    expect_backward(name, {gamma.size(), gamma.size()}, samples, slopes, c.y);
    const Batch<T> dy{slopes.data(), Shape{gamma.size()}, c.y.cols()};
    gradient.gamma.resize(dy.rows());
    gradient.beta.resize(dy.rows());
    for_row_blocks(pass.workers(), dy.rows(), dy.cols(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Values = Eigen::Array<T, n, 1>;
      Values sum = Values::Zero(), products = Values::Zero();
      for (Index j = 0; j < dy.cols(); ++j) {
        const Values d = dy.col(j).template segment<n>(i);
        sum += d;
        products += d * c.normalized.col(j).template segment<n>(i).array();
      }
      gradient.beta.template segment<n>(i) = sum;
      gradient.gamma.template segment<n>(i) = products;
    });
    c.dx.resize(dy.rows(), dy.cols());
    const T k = T(dy.rows());
    for_columns(pass.workers(), dy.rows(), dy.cols(), [&](Index j) {
      const auto n = c.normalized.col(j).array();
      auto dx = c.dx.col(j).array();
      dx = gamma.array() * dy.col(j).array();
      const T mean = dx.sum() / k, along = (dx * n).sum() / k;
      dx = (dx - mean - n * along) * c.inverse_deviation(j);
    });
    return samples.with_numbers(c.dx);
  }

  Vector<T> gamma, beta;
  LayerNormOptions options;
};

}  // namespace descent
