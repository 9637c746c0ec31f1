#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Returns a view of a part of contiguous numbers as an array, for element-wise operations. The view is const if the
/// numbers are.
template <class T>
auto flat(T* numbers, const Part& part) {
  using Array = Eigen::Array<std::remove_const_t<T>, Eigen::Dynamic, 1>;
  return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Array, Array>>{numbers + part.first,
                                                                                part.count};
}

/// Returns the view of the numbers of a matrix or a vector, in storage order.
template <class M>
auto flat(M&& m, const Part& part) {
  return flat(m.data(), part);
}
/// Returns the view of all numbers.
template <class M>
auto flat(M&& m) {
  return flat(m, Part{0, m.size()});
}

namespace detail {
/// Resizes a matrix. Eigen divides to do so, even for the size that it has.
void resize(auto& m, Index rows, Index cols) {
  if (m.rows() != rows || m.cols() != cols) m.resize(rows, cols);
}
}  // namespace detail

}  // namespace descent
