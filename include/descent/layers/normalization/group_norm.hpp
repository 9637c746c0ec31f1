#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `GroupNorm` and `InstanceNorm`.
struct GroupNormOptions {
  double epsilon = 1e-5;  ///< added to the variance, inside the square root; Keras has 1e-3
};

/// Group normalization of each sample: over the positions and the channels of a group. Samples do not depend on each
/// other, so training and inference are the same, also for a single sample. One group normalizes over all values, as
/// many groups as channels over the positions of each channel, as `InstanceNorm` does.
///
///   mu = mean over a group of x      sigma^2 = mean over a group of (x - mu)^2
///   n  = (x - mu) / sqrt(sigma^2 + epsilon)        y = gamma * n + beta, with gamma and beta of the channel
///
///   dgamma = sum of dy * n      dbeta = sum of dy      g = gamma * dy
///   dx = (g - mean(g) - n * mean(g * n)) / sqrt(sigma^2 + epsilon)       the means are over a group
///
///   Sequential{Conv2D{3, 32, rng}, GroupNorm{8, 32}, ReLU{}, ...}
///
/// Shapes   x, y {channels, height, width} or [channels, m]   gamma, beta [channels]
/// Throws   ShapeError when x has other channels, a group has a single value, or `groups` does not divide `channels`;
///          DataError when epsilon is negative or not finite.
/// Cost     three passes over the batch forward, two backward.
/// Source   Wu, He: Group Normalization (ECCV 2018)
template <std::floating_point T = float>
class GroupNorm {
 public:
  static constexpr std::string_view name = "GroupNorm";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
    Matrix<T> mean, inverse_deviation;  // for each channel and sample
    Matrix<T> sums, products;           // of dy and dy * n, for each channel and sample
  };

  GroupNorm(Index groups, Index channels, const GroupNormOptions& options = {})
      : GroupNorm{name, groups, channels, options} {}

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"gamma", Role::scale}, tree.gamma...);
    f(Parameter{"beta", Role::bias}, tree.beta...);
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("groups", tree.groups_...);
    f("epsilon", tree.epsilon_...);
  }

  Shape output_shape(const Shape& in) const { return checked(name, in); }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const { return forward(name, x, c, pass); }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GroupNorm& gradient,
                    const Pass& pass) const {
    return backward(name, x, dy, c, gradient, pass);
  }

  Index groups() const { return groups_; }

  Vector<T> gamma, beta;

 protected:
  // Shared with InstanceNorm, which passes its own name.

  GroupNorm(std::string_view component, Index groups, Index channels, const GroupNormOptions& options)
      : gamma(filled<Vector<T>>(component, positive_features(component, channels), 1, T(1))),
        beta(Vector<T>::Zero(channels)),
        groups_{groups},
        epsilon_{options.epsilon} {
    if (groups < 1 || channels % groups != 0)
      throw_error<ShapeError>(component,
                              {"expected groups that divide ", channels, " channels, got ", groups},
                              "choose a divisor of the number of channels");
    expect_not_negative({component, "epsilon", options.epsilon});
  }

  Shape checked(std::string_view component, const Shape& in) const {
    if (in.channels != gamma.size()) detail::throw_features(component, gamma.size(), in);
    if (in.size() == groups_)
      throw_error<ShapeError>(component,
                              {"expected more than one value to normalize, got ", groups_, " groups of ",
                               in.channels, " channels at one position"},
                              "choose fewer groups, or LayerNorm for plain features");
    return in;
  }

  Batch<T> forward(std::string_view component, const Batch<T>& x, Cache& c, const Pass& pass) const {
    expect_no_padding(component, x);
    const Shape in = checked(component, x.shape());
    const Index channels = in.channels;
    c.y.resize(x.rows(), x.cols());
    c.mean.resize(channels, x.cols());
    c.inverse_deviation.resize(channels, x.cols());
    for_columns(pass.workers(), 3 * x.rows(), x.cols(), [&](Index s) {
      const Batch<T> pixels = x.columns(s, 1).channels();
      auto mean = c.mean.col(s), scale = c.inverse_deviation.col(s);
      // Relative to the first pixel, then to the mean, so that a large mean does not cancel digits of the variance.
      mean.setZero();
      for (Index p = 1; p < pixels.cols(); ++p) mean += pixels.col(p) - pixels.col(0);
      mean = mean / T(pixels.cols()) + pixels.col(0);
      average_groups(mean);
      scale.setZero();
      for (Index p = 0; p < pixels.cols(); ++p) scale += (pixels.col(p) - mean).cwiseAbs2();
      scale /= T(pixels.cols());
      average_groups(scale);
      scale = (scale.array() + T(epsilon_)).rsqrt();
      Eigen::Map<Matrix<T>> y{c.y.col(s).data(), channels, pixels.cols()};
      for (Index p = 0; p < pixels.cols(); ++p)
        y.col(p).array() = (pixels.col(p) - mean).array() * (scale.array() * gamma.array()) + beta.array();
    });
    return x.with_numbers(c.y);
  }

  Batch<T> backward(std::string_view component, const Batch<T>& x, const Batch<T>& dy, Cache& c,
                    GroupNorm& gradient, const Pass& pass) const {
    const Shape in = checked(component, x.shape());
    expect_backward(component, {x.rows(), x.rows()}, x, dy, c.y);
    const Index channels = in.channels, positions = in.positions();
    for (Matrix<T>* each : {&c.sums, &c.products}) each->resize(channels, x.cols());
    c.dx.resize(x.rows(), x.cols());
    for_columns(pass.workers(), 2 * x.rows(), x.cols(), [&](Index s) {
      const Batch<T> pixels = x.columns(s, 1).channels(),
                     slopes{dy.col(s).data(), Shape{channels}, positions};
      const auto mean = c.mean.col(s), scale = c.inverse_deviation.col(s);
      auto sums = c.sums.col(s), products = c.products.col(s);
      sums.setZero();
      products.setZero();
      for (Index p = 0; p < positions; ++p) {
        sums += slopes.col(p);
        products += slopes.col(p).cwiseProduct(pixels.col(p) - mean);
      }
      products.array() *= scale.array();
      // dx = scale (gamma dy - offset - (x - mean) slope)
      Eigen::Map<Matrix<T>> dx{c.dx.col(s).data(), channels, positions};
      const Index each = channels / groups_;
      for (Index g = 0; g < groups_; ++g) {
        const auto gammas = gamma.segment(g * each, each);
        const T count = T(each * positions), offset = gammas.dot(sums.segment(g * each, each)) / count,
                slope = gammas.dot(products.segment(g * each, each)) / count * scale(g * each);
        for (Index p = 0; p < positions; ++p)
          for (Index k = g * each; k < (g + 1) * each; ++k)
            dx(k, p) = scale(k) * (gamma(k) * slopes(k, p) - offset - (pixels(k, p) - mean(k)) * slope);
      }
    });
    row_sums(Batch<T>{c.sums}, gradient.beta, pass.workers());
    row_sums(Batch<T>{c.products}, gradient.gamma, pass.workers());
    return x.with_numbers(c.dx);
  }

  Index groups_;
  double epsilon_;

 private:
  /// Replaces the numbers of the channels of each group by their mean.
  void average_groups(auto&& numbers) const {
    const Index each = gamma.size() / groups_;
    if (each == 1) return;
    for (Index g = 0; g < groups_; ++g) {
      auto group = numbers.segment(g * each, each);
      group.setConstant(group.mean());
    }
  }
};

}  // namespace descent
