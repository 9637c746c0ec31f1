#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/options.hpp"
#include "descent/losses/residuals.hpp"

namespace descent {

/// Huber's loss: half the squared error where it is small, the absolute error where it is large; the mean
/// over samples and outputs.
///
///   r = p - t      L = 1 / (k m) * sum of { r^2 / 2                 where |r| <= delta
///                                         { delta (|r| - delta / 2) elsewhere
///   dL/dp = clamp(r, -delta, delta) / (k m)
///
/// The smooth L1 loss of PyTorch with beta is this with delta = beta, divided by beta.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape; DataError when delta is not positive.
/// Source   Huber: Robust estimation of a location parameter (Annals of Mathematical Statistics 35, 1964)
struct Huber {
  static constexpr std::string_view name = "Huber";

  double delta = 1;

  void check(Index outputs, const BatchLike auto& target) const {
    expect_delta();
    detail::expect_outputs(name, outputs, target.rows());
  }

  double value(const BatchLike auto& prediction, const BatchLike auto& target) const {
    using T = typename std::remove_cvref_t<decltype(prediction)>::Scalar;
    expect_delta();
    return detail::mean_of_residuals(name, prediction, target, cost(T(delta)));
  }

  template <std::floating_point T>
  double value_and_gradient(const BatchLike auto& prediction, const BatchLike auto& target,
                            Matrix<T>& dy) const {
    expect_delta();
    return detail::mean_of_residuals(name, prediction, target, dy, cost(T(delta)),
                                     [d = T(delta)](const auto& r) { return r.min(d).max(-d); });
  }

 private:
  /// With q = min(|r|, delta) both branches are q (|r| - q / 2).
  template <std::floating_point T>
  static auto cost(T d) {
    return [d](const auto& r) { return r.abs().min(d) * (r.abs() - T(0.5) * r.abs().min(d)); };
  }

  void expect_delta() const {
    expect_positive({name, "delta", delta, "it is the residual from which on the cost grows linearly"});
  }
};

}  // namespace descent
