#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"

namespace descent {

namespace detail {

/// Working memory of Eigen's products, where they put the blocks of their operands. Eigen would take it from the heap
/// anew in each product, and where that goes back to the system in between, a fifth of a step is page faults.
template <std::floating_point T>
class ProductMemory final : public Eigen::internal::level3_blocking<T, T> {
 public:
  /// That of the thread, made ready for a product [rows, depth] [depth, cols].
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

/// The products as Eigen takes them. `c` takes the size of the result and shares no memory with `a` and `b`.
/// Each runs on the thread that calls, and allocates only when that thread has had no product of this size.
template <std::floating_point T>
struct EigenProduct {
  static constexpr std::string_view name = "Eigen";

  /// c = a b
  static void plain(Batch<T> a, Batch<T> b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.rows());
    if (is_small({a.rows(), b.cols(), a.cols()}))
      c.noalias() = a * b;
    else
      multiply<Eigen::ColMajor, Eigen::ColMajor>(a, b, {a.rows(), b.cols(), a.cols()}, c);
  }
  /// c = a^T b
  static void transposed_left(Batch<T> a, Batch<T> b, Matrix<T>& c) {
    eigen_assert(a.rows() == b.rows());
    if (is_small({a.cols(), b.cols(), a.rows()}))
      c.noalias() = a.transpose() * b;
    else
      multiply<Eigen::RowMajor, Eigen::ColMajor>(a, b, {a.cols(), b.cols(), a.rows()}, c);
  }
  /// c = a b^T
  static void transposed_right(Batch<T> a, Batch<T> b, Matrix<T>& c) {
    eigen_assert(a.cols() == b.cols());
    if (is_small({a.rows(), b.rows(), a.cols()}))
      c.noalias() = a * b.transpose();
    else
      multiply<Eigen::ColMajor, Eigen::RowMajor>(a, b, {a.rows(), b.rows(), a.cols()}, c);
  }

 private:
  struct Size {
    Index rows, cols, depth;
  };

  /// Vectors, and what Eigen takes coefficient by coefficient.
  static bool is_small(const Size& c) {
    return c.rows == 1 || c.cols == 1 || c.rows + c.cols + c.depth < EIGEN_GEMM_TO_COEFFBASED_THRESHOLD;
  }

  /// To Eigen, a transposed matrix is one that lies in memory by rows.
  template <int order_a, int order_b>
  static void multiply(Batch<T> a, Batch<T> b, const Size& size, Matrix<T>& c) {
    using Kernel = Eigen::internal::general_matrix_matrix_product<Index, T, order_a, false, T, order_b, false,
                                                                  Eigen::ColMajor, 1>;
    c.setZero(size.rows, size.cols);
    Kernel::run(size.rows, size.cols, size.depth, a.data(), a.outerStride(), b.data(), b.outerStride(), c.data(), 1,
                c.outerStride(), T(1), detail::ProductMemory<T>::of_thread(size.rows, size.cols, size.depth));
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
