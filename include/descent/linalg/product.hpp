#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/linalg/gemm.hpp"
#include "descent/linalg/tiled_gemm.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Products by vector instructions, through Eigen's packets, so that they suit every processor that Eigen knows. A
/// product allocates only if it is larger than those before on the same thread.
///
/// docs/decisions/0022 has the reasons.
template <std::floating_point T>
struct EigenGemm {
  static constexpr std::string_view name = "Eigen";

  static void multiply(const Gemm<T>& g, Workers& workers) {
    const bool is_column = g.cols == 1 && (!g.b.transposed || g.b.stride == 1),
               is_row = g.rows == 1 && (g.a.transposed || g.a.stride == 1) && g.c_stride == 1,
               is_empty = g.rows == 0 || g.cols == 0 || g.depth == 0;
    if (!is_column && !is_row && !is_empty)
      return TiledGemm<T>{g, useful_threads(g, workers)}.multiply(workers);
    g.begin();
    if (is_empty) return;
    // Bound by the memory, so that threads would not help.
    if (is_column) return add_vector(g, g.a, g.b.data);
    add_vector(g, {g.b.data, g.b.stride, !g.b.transposed}, g.a.data);
  }

 private:
  /// Adds a x to c, for a column c.
  static void add_vector(const Gemm<T>& g, const Operand<T>& a, const T* x) {
    a.transposed ? add_vector<Eigen::RowMajor>(g, a, x) : add_vector<Eigen::ColMajor>(g, a, x);
  }
  template <int order>
  static void add_vector(const Gemm<T>& g, const Operand<T>& a, const T* x) {
    constexpr bool by_columns = order == Eigen::ColMajor;
    using Rows = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::RowMajor>;
    using Columns = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::ColMajor>;
    using MatrixOf = std::conditional_t<by_columns, Columns, Rows>;
    using VectorOf = std::conditional_t<by_columns, Rows, Columns>;
    using Kernel =
        Eigen::internal::general_matrix_vector_product<Index, T, MatrixOf, order, false, T, VectorOf, false>;
    Kernel::run(g.rows * g.cols, g.depth, MatrixOf{a.data, a.stride}, VectorOf{x, 1}, g.c, 1, T(1));
  }
};

/// The products of the library by a backend, which has
///   name
///   pays(gemm)                  false if Eigen is faster; then Eigen computes the product
///   multiply(gemm, workers)     computes C in parallel, usually by `multiply_in_blocks`
/// `c` is resized to the result and must not alias `a` or `b`.
template <std::floating_point T, class Backend>
struct Products {
  static constexpr std::string_view name = Backend::name;

  /// c = a b
  static void plain(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c, Workers& workers = single_thread) {
    multiply<false, false>(a, b, c, workers);
  }
  /// c = a b + offset in each column; an empty offset is 0
  static void affine(const Batch<T>& a, const Batch<T>& b, const Batch<T>& offset, Matrix<T>& c,
                     Workers& workers = single_thread) {
    eigen_assert(offset.size() == 0 || offset.size() == a.rows());
    multiply<false, false>(a, b, c, workers, offset.size() == 0 ? nullptr : offset.data());
  }
  /// c = a^T b
  static void transposed_left(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c,
                              Workers& workers = single_thread) {
    multiply<true, false>(a, b, c, workers);
  }
  /// c = a b^T
  static void transposed_right(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c,
                               Workers& workers = single_thread) {
    multiply<false, true>(a, b, c, workers);
  }

  /// Computes a product whose operands and result may be parts of larger matrices.
  static void multiply(const Gemm<T>& gemm, Workers& workers = single_thread) {
    if constexpr (!std::is_same_v<Backend, EigenGemm<T>>)
      if (Backend::pays(gemm)) return Backend::multiply(gemm, workers);
    EigenGemm<T>::multiply(gemm, workers);
  }

 private:
  template <bool transpose_a, bool transpose_b>
  static void multiply(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c, Workers& workers,
                       const T* offset = nullptr) {
    const Index rows = transpose_a ? a.cols() : a.rows(), cols = transpose_b ? b.rows() : b.cols(),
                depth = transpose_a ? a.rows() : a.cols();
    eigen_assert(depth == (transpose_b ? b.cols() : b.rows()));
    resize(c, rows, cols);
    multiply({{a.data(), a.rows(), transpose_a},
              {b.data(), b.rows(), transpose_b},
              c.data(),
              rows,
              rows,
              cols,
              depth,
              offset},
             workers);
  }
};

}  // namespace detail

/// The products of the library by vector instructions, without another library.
template <std::floating_point T>
using EigenProduct = detail::Products<T, detail::EigenGemm<T>>;

/// The matrix products of the library. A backend specializes this class for the scalar types for which it is faster;
/// `name` is the name of the backend.
///
/// DESCENT_BACKEND, if defined, is the name of the backend, whose header is `linalg/backends/<name>.hpp` or else
/// DESCENT_BACKEND_HEADER. The CMake targets `descent::openblas`, `descent::onednn` and `descent::onednn_bf16` define
/// it. The name is part of the inline namespace, so that two backends in one program do not mix.
template <std::floating_point T>
struct Product : EigenProduct<T> {};

}  // namespace descent

#ifdef DESCENT_BACKEND
#ifndef DESCENT_BACKEND_HEADER
// clang-format off
#define DESCENT_BACKEND_HEADER DESCENT_BACKEND_QUOTED(descent/linalg/backends/DESCENT_BACKEND.hpp)
// clang-format on
#define DESCENT_BACKEND_QUOTED(path) DESCENT_BACKEND_TEXT(path)
#define DESCENT_BACKEND_TEXT(path) #path
#endif
#include DESCENT_BACKEND_HEADER
#endif
