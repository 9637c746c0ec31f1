#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/eigen_avx512.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Working memory for the packed blocks of the operands of Eigen's products. Eigen would allocate it in each product;
/// if the heap returns it to the system in between, page faults take a fifth of a training step.
template <std::floating_point T>
class ProductMemory final : public Eigen::internal::level3_blocking<T, T> {
 public:
  /// Returns the memory of this thread, prepared for a product [rows, depth] [depth, cols].
  static ProductMemory& of_thread(Index rows, Index cols, Index depth) {
    thread_local ProductMemory memory;
    memory.m_mc = rows;
    memory.m_nc = cols;
    memory.m_kc = depth;
    Eigen::internal::computeProductBlockingSizes<T, T>(memory.m_kc, memory.m_mc, memory.m_nc);
    memory.m_blockA = memory.a_.at_least(memory.m_mc * memory.m_kc);
    memory.m_blockB = memory.b_.at_least(memory.m_kc * memory.m_nc);
    return memory;
  }

 private:
  struct Block {
    Vector<T> numbers;
    T* at_least(Index size) {
      if (numbers.size() < size) numbers.resize(size);
      return numbers.data();
    }
  };
  Block a_, b_;
};

}  // namespace detail

/// Matrix products by Eigen's kernels. `c` is resized to the result and must not alias `a` or `b`. Each runs on the
/// calling thread and allocates only for a product larger than those before on this thread.
///
/// The kernels are called directly instead of by `c.noalias() = a * b`; docs/decisions/0009 has the reasons.
template <std::floating_point T>
class EigenProduct {
 public:
  static constexpr std::string_view name = "Eigen";

  /// c = a b
  static void plain(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.rows());
    multiply<Eigen::ColMajor, Eigen::ColMajor>(a, b, {a.rows(), b.cols(), a.cols()}, c);
  }
  /// c = a^T b
  static void transposed_left(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.rows() == b.rows());
    multiply<Eigen::RowMajor, Eigen::ColMajor>(a, b, {a.cols(), b.cols(), a.rows()}, c);
  }
  /// c = a b^T
  static void transposed_right(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.cols());
    multiply<Eigen::ColMajor, Eigen::RowMajor>(a, b, {a.rows(), b.rows(), a.cols()}, c);
  }

 private:
  struct Size {
    Index rows, cols, depth;
  };

  /// c = a b, where a transposed operand is passed as a row-major matrix.
  template <int order_a, int order_b>
  static void multiply(const Batch<T>& a, const Batch<T>& b, const Size& size, Matrix<T>& c) {
    constexpr int other_order_b = order_b == Eigen::ColMajor ? Eigen::RowMajor : Eigen::ColMajor;
    c.setZero(size.rows, size.cols);
    if (c.size() == 0 || size.depth == 0) return;
    if (size.cols == 1) return add_vector<order_a>(a, b.data(), c.data());
    if (size.rows == 1) return add_vector<other_order_b>(b, a.data(), c.data());
    using Kernel = Eigen::internal::general_matrix_matrix_product<Index, T, order_a, false, T, order_b, false,
                                                                  Eigen::ColMajor, 1>;
    Kernel::run(size.rows, size.cols, size.depth, a.data(), a.outerStride(), b.data(), b.outerStride(),
                c.data(), 1, size.rows, T(1),
                detail::ProductMemory<T>::of_thread(size.rows, size.cols, size.depth));
  }

  /// y += a x
  template <int order>
  static void add_vector(const Batch<T>& a, const T* x, T* y) {
    constexpr bool by_columns = order == Eigen::ColMajor;
    using Rows = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::RowMajor>;
    using Columns = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::ColMajor>;
    using MatrixOf = std::conditional_t<by_columns, Columns, Rows>;
    using VectorOf = std::conditional_t<by_columns, Rows, Columns>;
    using Kernel =
        Eigen::internal::general_matrix_vector_product<Index, T, MatrixOf, order, false, T, VectorOf, false>;
    Kernel::run(by_columns ? a.rows() : a.cols(), by_columns ? a.cols() : a.rows(),
                MatrixOf{a.data(), a.outerStride()}, VectorOf{x, 1}, y, 1, T(1));
  }
};

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
