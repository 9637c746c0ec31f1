#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/output_kind.hpp"
#include "descent/losses/margins.hpp"

namespace descent {

/// Squared hinge loss: smooth where the hinge loss has its corner; the mean over samples and outputs.
///
///   y = 2 t - 1      L = 1 / (k m) * sum max(0, 1 - y z)^2
///   dL/dz = -2 y max(0, 1 - y z) / (k m)
///
/// The targets are classes 0 and 1, as for `Hinge`.
///
/// Shapes   scores z [k, m]   targets t [k, m], 0 or 1
/// Throws   ShapeError when the two differ in shape; DataError when a target is neither 0 nor 1.
/// Source   Tang: Deep learning using linear support vector machines (arXiv 1306.0239, 2013)
struct SquaredHinge {
  static constexpr std::string_view name = "SquaredHinge";
  static constexpr OutputKind expects = OutputKind::scores;

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_binary_targets(name, outputs, target);
  }

  double value(const BatchLike auto& scores, const BatchLike auto& target) const {
    return detail::sum_over_margins(name, scores, target, cost, slope, [](Index, Index, auto) {}) /
           static_cast<double>(scores.size());
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& scores, const BatchLike auto& target, Matrix<T>& dy) const {
    const auto count = static_cast<T>(scores.size());
    dy.resize(scores.rows(), scores.cols());
    return detail::sum_over_margins(name, scores, target, cost, slope,
                                    [&](Index i, Index j, T d) { dy(i, j) = d / count; }) /
           static_cast<double>(count);
  }

 private:
  static constexpr auto cost = [](auto v) { return v * v; };
  static constexpr auto slope = [](auto v) { return 2 * v; };
};

}  // namespace descent
