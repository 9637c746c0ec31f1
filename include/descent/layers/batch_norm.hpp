#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"

namespace descent {

/// Which variance of a batch the running average collects: divided by m, or by m - 1.
enum class Variance { biased, unbiased };

struct BatchNormOptions {
  double momentum = 0.9;  ///< share of the old running value; what PyTorch calls 1 - momentum
  double epsilon = 1e-5;  ///< added to the variance, inside the square root
  Variance running_variance = Variance::biased;  ///< PyTorch keeps the unbiased one
};

/// Batch normalisation of each feature over the samples of a mini-batch.
///
///   mu = mean over samples of x      sigma^2 = mean over samples of (x - mu)^2
///   n  = (x - mu) / sqrt(sigma^2 + epsilon)        y = gamma * n + beta
///
///   dgamma = sum of dy * n      dbeta = sum of dy
///   dx = gamma / sqrt(sigma^2 + epsilon) * (dy - dbeta / m - n * dgamma / m)
///
/// Training normalises by the batch, always with the biased variance, and keeps running averages
///   running = momentum * running + (1 - momentum) * batch,   from mean 0 and variance 1.
/// Inference normalises by these, so single samples work; then mu and sigma are constants in backward.
/// `estimate_statistics` replaces them by the statistics of a whole training set.
/// The layer before needs no bias: beta does its work.
///
/// Shapes   x, y [features, m]   gamma, beta [features]
/// Throws   ShapeError when x has other than `features` rows; DataError in training on a single sample,
///          whose variance says nothing.
/// Cost     three passes over the batch forward, two backward.
/// Source   Ioffe, Szegedy: Batch normalization (ICML 2015), algorithms 1 and 2
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class BatchNorm {
 public:
  static constexpr std::string_view name = "BatchNorm";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx, normalized;
    Vector<T> mean, variance, inverse_deviation;
    bool of_batch = false;  // whether the statistics were those of the batch
  };

  explicit BatchNorm(Index features, const BatchNormOptions& with = {})
      : gamma(Vector<T>::Ones(features)),
        beta(Vector<T>::Zero(features)),
        running_mean(Vector<T>::Zero(features)),
        running_variance(Vector<T>::Ones(features)),
        options(with) {}

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"gamma", Role::scale}, tree.gamma...);
    f(Parameter{"beta", Role::bias}, tree.beta...);
  }
  static void visit_buffers(auto&& f, auto& first, auto&... rest) {
    f(Buffer{"running_mean", first.options.momentum}, first.running_mean, rest.running_mean...);
    f(Buffer{"running_variance", first.options.momentum}, first.running_variance, rest.running_variance...);
  }

  Shape output_shape(const Shape& in) const {
    expect_features(name, gamma.size(), in.size());
    return in;
  }

  const Matrix<T>& forward(Batch<T> x, Cache& c, const Pass& pass) const {
    c.of_batch = pass.uses_batch_statistics();
    if (c.of_batch) {
      measure(x, c);
    } else {
      c.mean = running_mean;
      c.variance = running_variance;
    }
    c.inverse_deviation = (c.variance.array() + T(options.epsilon)).sqrt().inverse();
    c.normalized.resize(x.rows(), x.cols());
    c.y.resize(x.rows(), x.cols());
    for (Index j = 0; j < x.cols(); ++j) {
      c.normalized.col(j) = (x.col(j) - c.mean).cwiseProduct(c.inverse_deviation);
      c.y.col(j) = gamma.cwiseProduct(c.normalized.col(j)) + beta;
    }
    return c.y;
  }

  /// The batch's statistics go into the buffers of `gradient`, for `update_buffers` to fold in.
  const Matrix<T>& backward(Batch<T> x, Batch<T> dy, Cache& c, BatchNorm& gradient) const {
    gradient.gamma.setZero(x.rows());
    gradient.beta.setZero(x.rows());
    for (Index j = 0; j < x.cols(); ++j) {
      gradient.gamma += dy.col(j).cwiseProduct(c.normalized.col(j));
      gradient.beta += dy.col(j);
    }
    gradient.running_mean = c.mean;
    gradient.running_variance = c.variance;

    const T m = T(x.cols());
    if (c.of_batch && options.running_variance == Variance::unbiased)
      gradient.running_variance *= m / (m - 1);
    c.dx.resize(x.rows(), x.cols());
    for (Index j = 0; j < x.cols(); ++j) {
      auto dx = c.dx.col(j);
      dx = dy.col(j);
      if (c.of_batch) dx -= (gradient.beta + c.normalized.col(j).cwiseProduct(gradient.gamma)) / m;
      dx.array() *= gamma.array() * c.inverse_deviation.array();
    }
    return c.dx;
  }

  Vector<T> gamma, beta;
  Vector<T> running_mean, running_variance;
  BatchNormOptions options;

 private:
  // Relative to the first sample, then about the true mean: a large offset does not swallow the variance.
  static void measure(Batch<T> x, Cache& c) {
    if (x.cols() < 2)
      throw DataError(name, concat("expected at least 2 samples in a training batch, got ", x.cols()),
                      "choose a batch size that does not leave a single sample over at the end of an epoch");
    const T m = T(x.cols());
    c.mean.setZero(x.rows());
    for (Index j = 1; j < x.cols(); ++j) c.mean += x.col(j) - x.col(0);
    c.mean = x.col(0) + c.mean / m;
    c.variance.setZero(x.rows());
    for (Index j = 0; j < x.cols(); ++j) c.variance += (x.col(j) - c.mean).cwiseAbs2();
    c.variance /= m;
  }
};

}  // namespace descent
