#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `GaussianNoise`.
struct GaussianNoiseOptions {
  double deviation = 0.1;  ///< the standard deviation, in the units of x
  bool enabled = true;     ///< if false, training leaves its input unchanged, as inference does
};

/// Adds normal noise in training. Each step and sample has its own noise; inference leaves its input unchanged. As the
/// first layer of a network it regularizes the weights.
///
///   y = x + n,  n ~ N(0, deviation^2)      dx = dy
///
/// Shapes   x, y of any shape
/// Throws   DataError when the deviation is negative or not finite.
/// Cost     a normal random number a value forward, about 50 ns; none backward.
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 7.5
template <std::floating_point T = float>
class GaussianNoise {
 public:
  static constexpr std::string_view name = "GaussianNoise";
  using Scalar = T;
  struct Cache {
    Matrix<T> sum;
    Batch<T> y;
  };

  explicit GaussianNoise(const GaussianNoiseOptions& options = {})
      : enabled(options.enabled), deviation_{checked(options.deviation)} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("deviation", tree.deviation_...);
    f("enabled", tree.enabled...);
  }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    if (!enabled || !pass.is_training()) return c.y = x;
    c.sum.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      Rng rng = pass.rng(j);
      for (Index i = 0; i < x.rows(); ++i) c.sum(i, j) = x(i, j) + static_cast<T>(deviation_ * rng.normal());
    });
    return c.y = x.with_numbers(c.sum);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GaussianNoise&, const Pass&) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    return dy;
  }

  bool enabled;

 private:
  static double checked(double deviation) {
    expect_not_negative({name, "deviation", deviation, "pass the standard deviation of the noise"});
    return deviation;
  }

  double deviation_;
};

}  // namespace descent
