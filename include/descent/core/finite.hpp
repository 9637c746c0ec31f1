#pragma once

#include <Eigen/Core>

namespace descent {

/// Whether no number is infinite or not-a-number. x * 0 is 0 for a finite x and not-a-number for any other;
/// the sum shows it in one pass that runs in vector registers, unlike Eigen's `allFinite`.
template <class Derived>
bool all_finite(const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  // As numbers one behind another, so that the compiler builds this once.
  const auto& m = values.derived();
  const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> numbers{m.data(), m.size()};
  return (numbers * T(0)).sum() == T(0);
}

}  // namespace descent
