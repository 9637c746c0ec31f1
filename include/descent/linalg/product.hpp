#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/eigen_avx512.hpp"
#include "descent/linalg/gemm.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Working memory for the packed blocks of the operands of Eigen's products. Eigen would allocate it in each product;
/// if the heap returns it to the system in between, page faults take a fifth of a training step.
template <std::floating_point T>
class ProductMemory final : public Eigen::internal::level3_blocking<T, T> {
 public:
  /// The sizes of the blocks into which a product [rows, depth] [depth, cols] is divided for the caches.
  struct Sizes {
    Index rows, cols, depth;

    static Sizes of(const Gemm<T>& g) {
      Sizes sizes{g.rows, g.cols, g.depth};
      Eigen::internal::computeProductBlockingSizes<T, T>(sizes.depth, sizes.rows, sizes.cols);
      return sizes;
    }
  };

  /// Returns the memory of this thread, prepared for a block of a product that has these sizes as a whole.
  static ProductMemory& of_thread(const Gemm<T>& g, const Sizes& sizes) {
    thread_local ProductMemory memory;
    memory.m_mc = std::min(sizes.rows, g.rows);
    memory.m_nc = std::min(sizes.cols, g.cols);
    memory.m_kc = sizes.depth;
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

/// Products by Eigen's kernels, which allocate only for a product larger than those before on the same thread.
///
/// The kernels are called directly instead of by `c.noalias() = a * b`; docs/decisions/0009 has the reasons.
template <std::floating_point T>
struct EigenGemm {
  static constexpr std::string_view name = "Eigen";

  template <bool transpose_a, bool transpose_b>
  static void multiply(const Gemm<T>& gemm, Workers& workers) {
    constexpr int order_a = transpose_a ? Eigen::RowMajor : Eigen::ColMajor,
                  order_b = transpose_b ? Eigen::RowMajor : Eigen::ColMajor,
                  transposed_order_b = transpose_b ? Eigen::ColMajor : Eigen::RowMajor;
    if (gemm.depth == 0 || gemm.rows == 0 || gemm.cols == 0) return set_zero(gemm);
    if (gemm.cols == 1) return multiply_vector<order_a>(gemm, gemm.a, gemm.rows, gemm.b.data);
    if (gemm.rows == 1) return multiply_vector<transposed_order_b>(gemm, gemm.b, gemm.cols, gemm.a.data);
    // Also the blocks that threads compute take the sizes of the whole, which determine the order of its sums.
    const auto sizes = ProductMemory<T>::Sizes::of(gemm);
    using Traits = Eigen::internal::gebp_traits<T, T>;
    constexpr Index columns_of_a_tile = 8;  // 4 or 8 in Eigen's kernels
    multiply_in_blocks<T, T>(gemm, {Traits::mr, columns_of_a_tile}, workers, [&](const Gemm<T>& g) {
      using Kernel = Eigen::internal::general_matrix_matrix_product<Index, T, order_a, false, T, order_b,
                                                                    false, Eigen::ColMajor, 1>;
      set_zero(g);
      Kernel::run(g.rows, g.cols, g.depth, g.a.data, g.a.stride, g.b.data, g.b.stride, g.c, 1, g.c_stride,
                  T(1), ProductMemory<T>::of_thread(g, sizes));
    });
  }

 private:
  static void set_zero(const Gemm<T>& g) {
    if (g.c_stride == g.rows) {
      Eigen::Map<Vector<T>>{g.c, g.rows * g.cols}.setZero();
      return;
    }
    for (Index j = 0; j < g.cols; ++j) std::fill_n(g.c + j * g.c_stride, g.rows, T(0));
  }

  /// Computes c = a x for a vector x, on the calling thread, since it is bound by the memory.
  template <int order>
  static void multiply_vector(const Gemm<T>& g, const Operand<T>& a, Index rows, const T* x) {
    constexpr bool by_columns = order == Eigen::ColMajor;
    using Rows = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::RowMajor>;
    using Columns = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::ColMajor>;
    using MatrixOf = std::conditional_t<by_columns, Columns, Rows>;
    using VectorOf = std::conditional_t<by_columns, Rows, Columns>;
    using Kernel =
        Eigen::internal::general_matrix_vector_product<Index, T, MatrixOf, order, false, T, VectorOf, false>;
    std::fill_n(g.c, rows, T(0));
    Kernel::run(rows, g.depth, MatrixOf{a.data, a.stride}, VectorOf{x, 1}, g.c, 1, T(1));
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
    eigen_assert(a.cols() == b.rows());
    c.resize(a.rows(), b.cols());
    multiply<false, false>(a, b, a.cols(), c, workers);
  }
  /// c = a^T b
  static void transposed_left(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c,
                              Workers& workers = single_thread) {
    eigen_assert(a.rows() == b.rows());
    c.resize(a.cols(), b.cols());
    multiply<true, false>(a, b, a.rows(), c, workers);
  }
  /// c = a b^T
  static void transposed_right(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c,
                               Workers& workers = single_thread) {
    eigen_assert(a.cols() == b.cols());
    c.resize(a.rows(), b.rows());
    multiply<false, true>(a, b, a.cols(), c, workers);
  }

 private:
  template <bool transpose_a, bool transpose_b>
  static void multiply(const Batch<T>& a, const Batch<T>& b, Index depth, Matrix<T>& c, Workers& workers) {
    const Gemm<T> gemm{{a.data(), a.rows(), transpose_a},
                       {b.data(), b.rows(), transpose_b},
                       c.data(),
                       c.rows(),
                       c.rows(),
                       c.cols(),
                       depth};
    if constexpr (!std::is_same_v<Backend, EigenGemm<T>>)
      if (Backend::pays(gemm)) return Backend::multiply(gemm, workers);
    EigenGemm<T>::template multiply<transpose_a, transpose_b>(gemm, workers);
  }
};

}  // namespace detail

/// The products of the library by Eigen.
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
