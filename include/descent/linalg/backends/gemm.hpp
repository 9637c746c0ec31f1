#pragma once

#include <concepts>

#include "descent/linalg/product.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A product as in BLAS: C [m, n] = op(A) [m, k] op(B) [k, n], where op transposes or does nothing.
template <std::floating_point T>
struct Gemm {
  Batch<T> a, b;
  bool transpose_a = false, transpose_b = false;

  Index m() const { return transpose_a ? a.cols() : a.rows(); }
  Index n() const { return transpose_b ? b.rows() : b.cols(); }
  Index k() const { return transpose_a ? a.rows() : a.cols(); }

  /// True for a product of two matrices, not vectors, with at least this number of multiplications.
  bool takes(Index multiplications) const { return m() > 1 && n() > 1 && m() * n() * k() >= multiplications; }
};

/// The three products by the single function of a backend, `Backend::multiply(gemm, c)`, or by Eigen if
/// `Backend::pays(gemm)` is false.
template <std::floating_point T, class Backend>
struct GemmProduct {
  static constexpr auto name = Backend::name;

  static void plain(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.rows());
    if (!multiply({a, b, false, false}, c)) EigenProduct<T>::plain(a, b, c);
  }
  static void transposed_left(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.rows() == b.rows());
    if (!multiply({a, b, true, false}, c)) EigenProduct<T>::transposed_left(a, b, c);
  }
  static void transposed_right(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.cols());
    if (!multiply({a, b, false, true}, c)) EigenProduct<T>::transposed_right(a, b, c);
  }

 private:
  static bool multiply(const Gemm<T>& gemm, Matrix<T>& c) {
    const bool pays = Backend::pays(gemm);
    if (pays) {
      c.resize(gemm.m(), gemm.n());
      Backend::multiply(gemm, c.data());
    }
    return pays;
  }
};

}  // namespace descent::detail
