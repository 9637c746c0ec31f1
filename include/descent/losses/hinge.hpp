#pragma once

#include <string_view>

#include "descent/losses/margins.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {
struct HingeCost {
  static constexpr std::string_view name = "Hinge";
  static auto cost(auto v) { return v; }
  static auto slope(auto v) { return 0 * v + 1; }
};
}  // namespace detail

/// Hinge loss of a support vector machine; the mean over samples and outputs.
///
///   y = 2 t - 1      L = 1/k * sum over outputs of max(0, 1 - y z)      for each sample
///   dL/dz = -1/k * y where y z < 1, else 0
///
/// Targets are the classes 0 and 1, as everywhere in the library, where the literature has y = -1 and +1. z is any
/// score; class 1 is predicted if z is above 0, as in `Accuracy`.
///
/// A positive weight c gives targets of 1 more weight where they are rare: Hinge{.positive_weight = 9} multiplies their loss
/// and gradient.
///
/// Shapes   scores z [k, m]   targets t [k, m], 0 or 1
/// Throws   ShapeError when the two differ in shape; DataError when a target is neither 0 nor 1, or c not
///          positive.
/// Source   Cortes, Vapnik: Support-vector networks (Machine Learning 20, 1995)
using Hinge = detail::MarginLoss<detail::HingeCost>;

}  // namespace descent
