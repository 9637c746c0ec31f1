#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/eigen_avx512.hpp"

namespace descent {

namespace detail {

/// Working memory of Eigen's products, where they put the blocks of their operands. Eigen would take it from the heap
/// anew in each product, and where that goes back to the system in between, a fifth of a step is page faults.
template <std::floating_point T>
class ProductMemory final : public Eigen::internal::level3_blocking<T, T> {
 public:
  /// Returns the memory of the thread, made ready for a product [rows, depth] [depth, cols].
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

/// The products by Eigen's own kernels. `c` takes the size of the result and shares no memory with `a` and `b`.
/// Each runs on the thread that calls, and allocates only when that thread has had no product of this size.
///
/// The kernels are called directly, where `c.noalias() = a * b` would do: docs/decisions/0009 says what it brings.
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

  /// c = a b, where a matrix that is to be transposed is one that lies in memory by rows.
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
