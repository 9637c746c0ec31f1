#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/row_blocks.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The estimate of the variance in the running average: squared deviations divided by m (biased) or m - 1 (unbiased).
enum class Variance { biased, unbiased };

/// The options of `BatchNorm`.
struct BatchNormOptions {
  double momentum = 0.9;  ///< weight of the old running value; PyTorch's momentum is 1 minus this
  double epsilon = 1e-5;  ///< added to the variance, inside the square root
  Variance running_variance = Variance::biased;  ///< PyTorch has the unbiased one
};

/// Batch normalization of each feature over the samples of a mini-batch. If x has `features` channels, of each
/// channel over samples and positions, without the padding of sequences.
///
///   mu = mean over samples of x      sigma^2 = mean over samples of (x - mu)^2
///   n  = (x - mu) / sqrt(sigma^2 + epsilon)        y = gamma * n + beta
///
///   dgamma = sum of dy * n      dbeta = sum of dy
///   dx = gamma / sqrt(sigma^2 + epsilon) * (dy - dbeta / m - n * dgamma / m)
///
/// Training normalizes by the mean and the biased variance of the batch and updates the running averages
///   running = momentum * running + (1 - momentum) * batch,   starting from mean 0 and variance 1.
/// Inference normalizes by the running averages, so a single sample is valid; mu and sigma are then constants in
/// backward. `estimate_statistics` replaces the running averages by the statistics of a whole training set. The layer
/// before it needs no bias, which beta replaces.
///
/// With the option `.sync_batch_norm` of `fit`, the mini-batches of all ranks are normalized together.
///
/// Shapes   x, y [features, m] or {features, height, width}   gamma, beta [features]
/// Throws   ShapeError when x has neither `features` values nor channels, or when `features` is not positive;
///          DataError when momentum is not in [0, 1] or epsilon is negative, and in training on a single sample,
///          whose variance is not defined.
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
    Vector<T> offset, slope;  // of dx
    Vector<double> shared;    // sums over ranks
    T count = 0;              // number of values of a feature; 0 if statistics are the running ones
    T momentum = 0;           // of the running averages in this pass
  };

  explicit BatchNorm(Index features, const BatchNormOptions& with = {})
      : gamma(filled<Vector<T>>(name, positive_features(name, features), 1, T(1))),
        beta(Vector<T>::Zero(features)),
        running_mean(Vector<T>::Zero(features)),
        running_variance(Vector<T>::Ones(features)),
        options(with) {
    expect_probability(
        {name, "momentum", with.momentum, "pass the weight of the old value, 0.9 for PyTorch's 0.1"});
    expect_not_negative({name, "epsilon", with.epsilon});
  }

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"gamma", Role::scale}, tree.gamma...);
    f(Parameter{"beta", Role::bias}, tree.beta...);
  }
  static void visit_state(auto&& f, auto&... tree) {
    f(Parameter{"running_mean", Role::state}, tree.running_mean...);
    f(Parameter{"running_variance", Role::state}, tree.running_variance...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("momentum", tree.options.momentum...);
    f("epsilon", tree.options.epsilon...);
    f("running_variance", tree.options.running_variance...);
  }

  Shape output_shape(const Shape& in) const {
    positions_of(name, gamma.size(), in);
    return in;
  }

  Batch<T> forward(const Batch<T>& samples, Cache& c, const Pass& pass) const {
    const Batch<T> x = feature_columns(name, gamma.size(), samples);
    c.momentum = pass.is_training() ? T(options.momentum) : T(0);
    if (pass.uses_batch_statistics()) {
      measure(samples, x, c, pass);
    } else {
      c.count = 0;
      c.mean = running_mean;
      c.variance = running_variance;
    }
    c.inverse_deviation = (c.variance.array() + T(options.epsilon)).sqrt().inverse();
    c.y.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      c.y.col(j).array() =
          (x.col(j) - c.mean).array() * (gamma.array() * c.inverse_deviation.array()) + beta.array();
    });
    return samples.with_numbers(c.y);
  }

  Batch<T> backward(const Batch<T>& samples, const Batch<T>& slopes, Cache& c, BatchNorm& gradient,
                    const Pass& pass) const {
    expect_backward(name, {gamma.size(), gamma.size()}, samples, slopes, c.y);
    const Batch<T> x{samples.data(), Shape{gamma.size()}, c.y.cols()},
        dy{slopes.data(), x.shape(), x.samples()};
    gradient.gamma.resize(x.rows());
    gradient.beta.resize(x.rows());
    for_row_blocks(pass.workers(), x.rows(), x.cols(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Values = Eigen::Array<T, n, 1>;
      const Values mean = c.mean.template segment<n>(i);
      Values sum = Values::Zero(), products = Values::Zero();
      for_each_column(samples, x, [&](Index j) {
        const Values d = dy.col(j).template segment<n>(i);
        sum += d;
        products += d * (x.col(j).template segment<n>(i).array() - mean);
      });
      gradient.beta.template segment<n>(i) = sum;
      gradient.gamma.template segment<n>(i) = products * c.inverse_deviation.template segment<n>(i).array();
    });

    c.dx.resize(x.rows(), x.cols());
    const Batch<T> dx = samples.with_numbers(c.dx);
    if (c.count == 0) {
      for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
        c.dx.col(j).array() = dy.col(j).array() * (gamma.array() * c.inverse_deviation.array());
      });
      return dx;
    }
    // dx = factor * (dy - offset - (x - mean) * slope)
    const auto scale = c.inverse_deviation.array();
    const auto factor = gamma.array() * scale;
    c.offset = gradient.beta;
    c.slope = gradient.gamma;
    if (pass.ranks().size() > 1) sum_over(pass.ranks(), c, c.offset, c.slope);
    c.offset /= c.count;
    c.slope.array() *= scale / c.count;
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      c.dx.col(j).array() =
          factor * (dy.col(j).array() - c.offset.array() - (x.col(j) - c.mean).array() * c.slope.array());
    });
    clear_padding(samples, c.dx);
    return dx;
  }

  void update_state(const Cache& c) {
    if (c.count == 0) return;
    if (c.mean.size() != gamma.size())
      detail::throw_features(name, gamma.size(), {c.mean.size()});  // the cache of another layer
    const bool unbiased = options.running_variance == Variance::unbiased;
    update_average(running_mean, c.mean, c.momentum);
    update_average(running_variance, c.variance * (unbiased ? c.count / (c.count - 1) : T(1)), c.momentum);
  }

  Vector<T> gamma, beta;
  Vector<T> running_mean, running_variance;
  BatchNormOptions options;

 private:
  /// Calls f(j) for each column of x, the samples or the positions of `samples`, that is not in the padding.
  static void for_each_column(const Batch<T>& samples, const Batch<T>& x, auto&& f) {
    if (samples.lengths().empty())
      for (Index j = 0; j < x.cols(); ++j) f(j);
    else
      for (Index s = 0; s < samples.samples(); ++s)
        for (Index j = s * samples.shape().width, end = j + samples.length(s); j < end; ++j) f(j);
  }

  /// Computes mean and variance of the batch. Sums are taken relative to the first sample, so that a large mean does
  /// not cancel the digits of the variance.
  static void measure(const Batch<T>& samples, const Batch<T>& x, Cache& c, const Pass& pass) {
    Index count = 0, reference = 0;
    for_each_column(samples, x, [&](Index j) {
      if (count++ == 0) reference = j;
    });
    c.count = T(count);
    const bool is_shared = pass.ranks().size() > 1;
    if (count < 2 && !is_shared) throw_too_few(c.count);
    c.mean.setZero(x.rows());
    c.variance.setZero(x.rows());
    if (count > 0) measure_own(samples, x, reference, c, pass.workers());
    if (is_shared) measure_all(c, pass.ranks());
  }

  static void measure_own(const Batch<T>& samples, const Batch<T>& x, Index reference, Cache& c,
                          Workers& workers) {
    for_row_blocks(workers, x.rows(), x.cols(), [&]<int n>(Index i, std::integral_constant<int, n>) {
      using Values = Eigen::Array<T, n, 1>;
      const Values first = x.col(reference).template segment<n>(i);
      Values sum = Values::Zero(), squares = Values::Zero();
      for_each_column(samples, x, [&](Index j) {
        const Values d = x.col(j).template segment<n>(i).array() - first;
        sum += d;
        squares += d * d;
      });
      sum /= c.count;
      c.mean.template segment<n>(i) = first + sum;
      c.variance.template segment<n>(i) = (squares / c.count - sum * sum).max(T(0));
    });
  }

  /// Replaces count, mean and variance by those of the samples of all ranks.
  static void measure_all(Cache& c, Communicator& ranks) {
    const T own = c.count;
    const Vector<T> mean = c.mean;
    Vector<T> total = Vector<T>::Constant(mean.size(), own);
    c.mean *= own;
    sum_over(ranks, c, c.mean, total);
    c.count = total.size() > 0 ? total(0) : T(0);
    if (c.count < 2) throw_too_few(c.count);
    c.mean /= c.count;
    c.variance = own * (c.variance + (mean - c.mean).cwiseAbs2());
    sum_over(ranks, c, c.variance, total);
    c.variance /= c.count;
  }
  /// Replaces two vectors by their sums over the ranks.
  static void sum_over(Communicator& ranks, Cache& c, Vector<T>& a, Vector<T>& b) {
    c.shared.resize(a.size() + b.size());
    c.shared << a.template cast<double>(), b.template cast<double>();
    ranks.all_reduce_sum(std::span<double>{c.shared.data(), static_cast<std::size_t>(c.shared.size())});
    a = c.shared.head(a.size()).template cast<T>();
    b = c.shared.tail(b.size()).template cast<T>();
  }
  [[noreturn]] static void throw_too_few(T count) {
    throw DataError(name, detail::joined("expected at least 2 samples in a training batch, got ", count),
                    "choose a batch size that leaves no single sample at the end of an epoch");
  }
};

}  // namespace descent
