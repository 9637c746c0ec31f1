#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `GaussianDropout`.
struct GaussianDropoutOptions {
  double keep = 0.5;    ///< the noise has the mean and variance of mask / keep in dropout; in (0, 1]
  bool enabled = true;  ///< if false, training leaves its input unchanged, as inference does
};

/// Multiplies by normal noise in training, with the mean and variance of the factor mask / keep in dropout. Each step
/// and sample has its own noise; backward uses the noise of forward. Inference leaves its input unchanged.
///
///   y = x * n,  n ~ N(1, (1 - keep) / keep)      dx = dy * n
///
/// Shapes   x, y of any shape
/// Throws   DataError when `keep` is not in (0, 1].
/// Cost     a normal random number a value forward, about 50 ns; one pass over the batch backward.
/// Source   Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout (JMLR 15, 2014), 10
template <std::floating_point T = float>
class GaussianDropout {
 public:
  static constexpr std::string_view name = "GaussianDropout";
  using Scalar = T;
  struct Cache {
    Matrix<T> factor, product, dx;
    Batch<T> y;
    bool noisy = false;
  };

  explicit GaussianDropout(const GaussianDropoutOptions& options = {})
      : enabled(options.enabled), deviation_{to_deviation(options.keep)} {}

  static void visit(auto&&, auto&...) {}
  static void visit_options(auto&& f, auto&... tree) {
    f("deviation", tree.deviation_...);
    f("enabled", tree.enabled...);
  }

  Shape output_shape(const Shape& in) const { return in; }

  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    c.noisy = enabled && pass.is_training();
    if (!c.noisy) return c.y = x;
    c.factor.resize(x.rows(), x.cols());
    c.product.resize(x.rows(), x.cols());
    for_columns(pass.workers(), x.rows(), x.cols(), [&](Index j) {
      Rng rng = pass.rng(j);
      for (Index i = 0; i < x.rows(); ++i) c.factor(i, j) = static_cast<T>(1 + deviation_ * rng.normal());
      c.product.col(j) = x.col(j).cwiseProduct(c.factor.col(j));
    });
    return c.y = x.with_numbers(c.product);
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, GaussianDropout&,
                    const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    if (!c.noisy) return dy;
    c.dx.resize(dy.rows(), dy.cols());
    for_columns(pass.workers(), dy.rows(), dy.cols(),
                [&](Index j) { c.dx.col(j) = dy.col(j).cwiseProduct(c.factor.col(j)); });
    return x.with_numbers(c.dx);
  }

  bool enabled;

 private:
  static double to_deviation(double keep) {
    if (!is_finite(keep) || keep <= 0 || keep > 1)
      throw DataError(name, detail::joined("expected a keep probability in (0, 1], got ", keep),
                      "pass the probability of keeping a value, not of dropping it");
    return std::sqrt((1 - keep) / keep);
  }

  double deviation_;
};

}  // namespace descent
