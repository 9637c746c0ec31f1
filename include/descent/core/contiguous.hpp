#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// True if the numbers of an expression are known at compile time to be contiguous.
template <class E>
constexpr bool is_contiguous = std::is_base_of_v<Eigen::PlainObjectBase<E>, E>;
template <class Plain, int options>
constexpr bool is_contiguous<Eigen::Map<Plain, options, Eigen::Stride<0, 0>>> = true;
template <class Plain, int options, class Stride>  // of a vector with an inner stride of 1
constexpr bool is_contiguous<Eigen::Ref<Plain, options, Stride>> =
    Plain::IsVectorAtCompileTime && Eigen::Ref<Plain, options, Stride>::InnerStrideAtCompileTime == 1;
template <class M, int rows, int cols>  // whole columns
constexpr bool is_contiguous<Eigen::Block<M, rows, cols, true>> = is_contiguous<std::remove_const_t<M>>;
template <class M, int rows>  // a part of a vector
constexpr bool is_contiguous<Eigen::Block<M, rows, 1, false>> =
    is_contiguous<std::remove_const_t<M>> && M::ColsAtCompileTime == 1;
template <class M, int cols>
constexpr bool is_contiguous<Eigen::Block<M, 1, cols, false>> =
    is_contiguous<std::remove_const_t<M>> && M::RowsAtCompileTime == 1;

/// True if the numbers are known at compile time to be contiguous in column-major order.
template <class E>
constexpr bool has_contiguous_columns = false;
template <class E>
  requires is_contiguous<E>
constexpr bool has_contiguous_columns<E> = E::IsVectorAtCompileTime || !E::IsRowMajor;

}  // namespace descent::detail
