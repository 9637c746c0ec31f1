#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Binary cross-entropy of the sigmoid, computed from the logits; the mean over samples and outputs.
///
///   L = 1 / (k m) * sum -(t log s + (1 - t) log(1 - s)),  s = 1 / (1 + exp(-z))
///     = 1 / (k m) * sum max(z, 0) - z t + log(1 + exp(-|z|))           safe for any z
///   dL/dz = (s - t) / (k m)
///
/// Shapes   logits z [k, m]   targets t [k, m], in [0, 1]
/// Throws   ShapeError when the two differ in shape; DataError when a target is not in [0, 1].
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.2
struct SigmoidCrossEntropy {
  static constexpr std::string_view name = "SigmoidCrossEntropy";
  static constexpr OutputKind expects = OutputKind::scores;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
    for (Index j = 0; j < target.cols(); ++j)
      for (Index i = 0; i < target.rows(); ++i) detail::expect_probability(name, target(i, j), j);
  }

  double value(const BatchLike auto& logits, const BatchLike auto& target) const {
    const Values z{logits, target};
    return static_cast<double>(z.costs((-z.logits.abs()).exp()).sum()) / static_cast<double>(logits.size());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& logits, const BatchLike auto& target, Matrix<T>& dy) const {
    const Values z{logits, target};
    const auto count = static_cast<T>(logits.size());
    dy.resize(logits.rows(), logits.cols());
    auto e = flat(dy);
    e = (-z.logits.abs()).exp();
    const double total = static_cast<double>(z.costs(e).sum());
    e = ((z.logits >= 0).select(T(1), e) / (1 + e) - z.targets) / count;
    return total / static_cast<double>(count);
  }

 private:
  /// Logits and targets that fit together, one after another.
  template <class T>
  struct Values {
    using Flat = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
    Flat logits, targets;

    Values(Batch<T> z, Batch<T> t) : logits{flat(z)}, targets{flat(t)} {
      detail::expect_same_shape(name, z, t);
      if (all_finite(targets) && (targets >= 0 && targets <= 1).all()) return;
      for (Index j = 0; j < t.cols(); ++j)
        for (Index i = 0; i < t.rows(); ++i) detail::expect_probability(name, t(i, j), j);
    }
    /// max(z, 0) - z t + log(1 + e), with e = exp(-|z|)
    auto costs(const auto& e) const { return logits.max(T(0)) - logits * targets + e.log1p(); }
  };
  template <class Z, class Y>
  Values(const Z&, const Y&) -> Values<typename Z::Scalar>;
};

}  // namespace descent
