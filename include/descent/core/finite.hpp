#pragma once

#include <Eigen/Core>
#include <type_traits>

namespace descent {

namespace detail {
/// Whether the numbers of an expression surely stand one behind another in memory.
template <class Derived>
constexpr bool in_one_piece = std::is_base_of_v<Eigen::PlainObjectBase<Derived>, Derived>;
template <class Plain, int options>
constexpr bool in_one_piece<Eigen::Map<Plain, options, Eigen::Stride<0, 0>>> = true;
}  // namespace detail

/// Whether no number is infinite or not-a-number. x * 0 is 0 for a finite x and not-a-number for any other;
/// the sum shows it in one pass that runs in vector registers, unlike Eigen's `allFinite`.
template <class Derived>
bool all_finite(const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  using Numbers = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  const Derived& m = values.derived();
  if constexpr (detail::in_one_piece<Derived> && !std::is_same_v<Derived, Numbers>)
    return all_finite(Numbers{m.data(), m.size()});  // which the compiler builds once for all shapes
  else
    return (m.array() * T(0)).sum() == T(0);
}

}  // namespace descent
