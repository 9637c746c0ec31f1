#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"
#include "descent/losses/targets.hpp"

namespace descent::detail {

/// The mean over samples and outputs of a cost of the residual r = p - t. `cost` maps an array of residuals
/// to an array expression.
double mean_of_residuals(std::string_view component, const auto& prediction, const auto& target,
                         auto&& cost) {
  expect_same_shape(component, prediction, target);
  return static_cast<double>(cost((prediction - target).array()).sum()) /
         static_cast<double>(prediction.size());
}

/// The same, and its gradient; `slope` is the derivative of `cost`.
template <std::floating_point T>
double mean_of_residuals(std::string_view component, const auto& prediction, const auto& target,
                         Matrix<T>& dy, auto&& cost, auto&& slope) {
  expect_same_shape(component, prediction, target);
  const auto count = static_cast<T>(prediction.size());
  dy = prediction - target;
  auto r = flat(dy);
  const double mean = static_cast<double>(cost(r).sum()) / static_cast<double>(count);
  r = slope(r) * (T(1) / count);
  return mean;
}

}  // namespace descent::detail
