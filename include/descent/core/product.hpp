#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// The products as Eigen takes them. `c` takes the size of the result and shares no memory with `a` and `b`.
template <std::floating_point T>
struct EigenProduct {
  static constexpr std::string_view name = "Eigen";

  /// c = a b
  static void plain(Batch<T> a, Batch<T> b, Matrix<T>& c) { c.noalias() = a * b; }
  /// c = a^T b
  static void transposed_left(Batch<T> a, Batch<T> b, Matrix<T>& c) { c.noalias() = a.transpose() * b; }
  /// c = a b^T
  static void transposed_right(Batch<T> a, Batch<T> b, Matrix<T>& c) { c.noalias() = a * b.transpose(); }
};

/// The matrix products of the library: all go through here, and a backend specialises this for the scalar types
/// that it is faster for. `name` tells which one it is.
///
/// DESCENT_BACKEND, when it is defined, names the header of the backend. The CMake targets `descent::openblas`,
/// `descent::onednn` and `descent::onednn_bf16` define what is needed; a program must be the same in this in all
/// its translation units.
template <std::floating_point T>
struct Product : EigenProduct<T> {};

}  // namespace descent

#ifdef DESCENT_BACKEND
#include DESCENT_BACKEND
#endif
