#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns a view of the numbers of a matrix or a vector as an array, in storage order, for element-wise operations.
/// The view is const if the numbers are.
template <class M>
auto flat(M&& m, const Part& part) {
  using T = typename std::remove_cvref_t<M>::Scalar;
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  constexpr bool constant = std::is_same_v<decltype(m.data()), const T*>;
  return Eigen::Map<std::conditional_t<constant, const Array, Array>>{m.data() + part.first, part.count};
}
template <class M>
auto flat(M&& m) {
  return flat(m, Part{0, m.size()});
}

}  // namespace descent
