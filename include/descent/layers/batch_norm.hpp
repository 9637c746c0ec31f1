#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/strips.hpp"
#include "descent/core/team.hpp"

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
/// Throws   ShapeError when x has other than `features` rows, or when `features` is not positive; DataError when the
///          momentum is not in [0, 1] or epsilon is negative, and in training on a single sample, whose variance
///          says nothing.
/// Cost     three passes over the batch forward, two backward.
/// Source   Ioffe, Szegedy: Batch normalization (ICML 2015), algorithms 1 and 2
/// Example  examples/01_digits.cpp
template <std::floating_point T = float>
class BatchNorm {
 public:
  static constexpr std::string_view name = "BatchNorm";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    Vector<T> mean, variance, inverse_deviation;
    Vector<T> sums;        // what a team adds up
    T samples = 0;         // of the whole batch; 0 where the statistics are not those of the batch
    Team* team = nullptr;  // as in the last forward pass
  };

  explicit BatchNorm(Index features, const BatchNormOptions& with = {})
      : gamma(filled<Vector<T>>(name, positive_features(name, features), 1, T(1))),
        beta(Vector<T>::Zero(features)),
        running_mean(Vector<T>::Zero(features)),
        running_variance(Vector<T>::Ones(features)),
        options(with) {
    expect_probability(
        {name, "momentum", with.momentum, "it is the share of the old value; PyTorch's 0.1 is 0.9"});
    expect_not_negative({name, "epsilon", with.epsilon});
  }

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"gamma", Role::scale}, tree.gamma...);
    f(Parameter{"beta", Role::bias}, tree.beta...);
  }
  static void visit_buffers(auto&& f, auto& first, auto&... rest) {
    f(Buffer{"running_mean", first.options.momentum}, first.running_mean, rest.running_mean...);
    f(Buffer{"running_variance", first.options.momentum}, first.running_variance, rest.running_variance...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("momentum", tree.options.momentum...);
    f("epsilon", tree.options.epsilon...);
    f("running_variance", tree.options.running_variance...);
  }

  Shape output_shape(const Shape& in) const {
    expect_features(name, gamma.size(), in.size());
    return in;
  }

  const Matrix<T>& forward(Batch<T> x, Cache& c, const Pass& pass) const {
    expect_features(name, gamma.size(), x.rows());
    c.team = pass.team();
    if (pass.uses_batch_statistics()) {
      measure(x, c);
    } else {
      c.samples = 0;
      c.mean = running_mean;
      c.variance = running_variance;
    }
    c.inverse_deviation = (c.variance.array() + T(options.epsilon)).sqrt().inverse();
    c.y.resize(x.rows(), x.cols());
    for (Index j = 0; j < x.cols(); ++j)
      c.y.col(j).array() =
          (x.col(j) - c.mean).array() * (gamma.array() * c.inverse_deviation.array()) + beta.array();
    return c.y;
  }

  /// The batch's statistics go into the buffers of `gradient`, for `update_buffers` to fold in.
  const Matrix<T>& backward(Batch<T> x, Batch<T> dy, Cache& c, BatchNorm& gradient) const {
    expect_backward(name, gamma.size(), x, dy, c.y);
    expect_features(name, gamma.size(), dy.rows());  // the cache may be that of another layer
    gradient.gamma.resize(x.rows());
    gradient.beta.resize(x.rows());
    for_strips(x.rows(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Strip = Eigen::Array<T, n, 1>;
      const Strip mean = c.mean.template segment<n>(i);
      Strip sum = Strip::Zero(), products = Strip::Zero();
      for (Index j = 0; j < x.cols(); ++j) {
        const Strip d = dy.col(j).template segment<n>(i);
        sum += d;
        products += d * (x.col(j).template segment<n>(i).array() - mean);
      }
      gradient.beta.template segment<n>(i) = sum;
      gradient.gamma.template segment<n>(i) = products * c.inverse_deviation.template segment<n>(i).array();
    });
    gradient.running_mean = c.mean;
    gradient.running_variance = c.variance;

    c.dx.resize(x.rows(), x.cols());
    if (c.samples == 0) {
      for (Index j = 0; j < x.cols(); ++j)
        c.dx.col(j).array() = dy.col(j).array() * (gamma.array() * c.inverse_deviation.array());
      return c.dx;
    }
    if (options.running_variance == Variance::unbiased)
      gradient.running_variance *= c.samples / (c.samples - 1);
    // dx = factor * (dy - offset - (x - mean) * slope), with the sums over the whole batch
    sum_over_team(c, gradient.beta, gradient.gamma);
    const auto scale = c.inverse_deviation.array();
    const auto factor = gamma.array() * scale;
    auto offset = c.sums.head(x.rows()).array(), slope = c.sums.segment(x.rows(), x.rows()).array();
    offset /= c.samples;
    slope *= scale / c.samples;
    for (Index j = 0; j < x.cols(); ++j)
      c.dx.col(j).array() = factor * (dy.col(j).array() - offset - (x.col(j) - c.mean).array() * slope);
    return c.dx;
  }

  Vector<T> gamma, beta;
  Vector<T> running_mean, running_variance;
  BatchNormOptions options;

 private:
  /// The moments of the samples here, relative to the first, so that a large offset does not swallow the variance;
  /// in a team then those of all.
  static void measure(Batch<T> x, Cache& c) {
    c.samples = T(x.cols());
    if (c.samples == 0 || (c.samples < 2 && c.team == nullptr)) throw_too_few(c.samples);
    c.mean.resize(x.rows());
    c.variance.resize(x.rows());
    for_strips(x.rows(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Strip = Eigen::Array<T, n, 1>;
      const Strip first = x.col(0).template segment<n>(i);
      Strip sum = Strip::Zero(), squares = Strip::Zero();
      for (Index j = 1; j < x.cols(); ++j) {
        const Strip d = x.col(j).template segment<n>(i).array() - first;
        sum += d;
        squares += d * d;
      }
      sum /= c.samples;
      c.mean.template segment<n>(i) = first + sum;
      c.variance.template segment<n>(i) = (squares / c.samples - sum * sum).max(T(0));
    });
    if (c.team != nullptr) merge(c);
    if (c.samples < 2) throw_too_few(c.samples);
  }

  [[noreturn]] static void throw_too_few(T samples) {
    throw DataError(name, concat("expected at least 2 samples in a training batch, got ", samples),
                    "choose a batch size that does not leave a single sample over at the end of an epoch");
  }

  /// From mean_r and variance_r of m_r samples to those of all:  mean = sum m_r mean_r / m
  ///   variance = sum m_r (variance_r + (mean_r - mean)^2) / m
  static void merge(Cache& c) {
    const Index features = c.mean.size();
    const T own = c.samples;
    sum_over_team(c, own * c.mean, Vector<T>::Constant(1, own));
    c.samples = c.sums(features);
    const auto mean = c.sums.head(features) / c.samples;
    c.variance += (c.mean - mean).cwiseAbs2();
    c.mean = mean;
    sum_over_team(c, own * c.variance, Vector<T>::Zero(0));
    c.variance = c.sums.head(features) / c.samples;
  }

  /// Puts the sums over the team of a, and behind them those of b, into `c.sums`.
  static void sum_over_team(Cache& c, const auto& a, const auto& b) {
    c.sums.resize(2 * c.mean.size() + 1);  // always the same: to change it allocates
    c.sums.head(a.size()) = a;
    c.sums.segment(a.size(), b.size()) = b;
    if (c.team != nullptr)
      c.team->all_reduce_sum({c.sums.data(), static_cast<std::size_t>(a.size() + b.size())});
  }
};

}  // namespace descent
