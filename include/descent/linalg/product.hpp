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

/// Working memory for the packed operands of Eigen's products. Eigen would allocate it in each product; if the heap
/// returns it to the system in between, page faults take a fifth of a training step.
template <std::floating_point T>
class ProductMemory final : public Eigen::internal::level3_blocking<T, T> {
 public:
  /// Returns the memory of this thread.
  static ProductMemory& of_thread() {
    thread_local ProductMemory memory;
    return memory;
  }

  /// Sets the sizes of the blocks for the caches: `mc` rows, `nc` columns, and `kc` of the depth.
  void choose_blocks(const Gemm<T>& g) {
    this->m_mc = g.rows, this->m_nc = g.cols, this->m_kc = g.depth;
    Eigen::internal::computeProductBlockingSizes<T, T>(this->m_kc, this->m_mc, this->m_nc);
  }
  /// Makes room for the packed numbers of A and B.
  void reserve(Index of_a, Index of_b) {
    this->m_blockA = at_least(of_a, a_);
    this->m_blockB = at_least(of_b, b_);
  }

 private:
  static T* at_least(Index size, Vector<T>& numbers) {
    if (numbers.size() < size) numbers.resize(size);
    return numbers.data();
  }

  Vector<T> a_, b_;
};

/// Products by Eigen's kernels, which allocate only for a product larger than those before on the same thread.
///
/// The kernels are called directly instead of by `c.noalias() = a * b`; docs/decisions/0009 has the reasons.
template <std::floating_point T>
class EigenGemm {
  using Memory = ProductMemory<T>;
  using Traits = Eigen::internal::gebp_traits<T, T>;

 public:
  static constexpr std::string_view name = "Eigen";

  /// The kernels for one order of the operands. Pointers, so that all else is compiled once and not for each order.
  struct Kernels {
    void (*multiply)(Index rows, Index cols, Index depth, const T* a, Index a_stride, const T* b,
                     Index b_stride, T* c, Index c_increment, Index c_stride, T factor,
                     Eigen::internal::level3_blocking<T, T>& memory,
                     Eigen::internal::GemmParallelInfo<Index>* info);
    void (*multiply_column)(const Operand<T>& a, const Gemm<T>& size, const T* x);
    void (*multiply_row)(const Operand<T>& b, const Gemm<T>& size, const T* x);
    void (*pack_a)(T* to, const Operand<T>& from, Index depth, Index rows);
    void (*pack_b)(T* to, const Operand<T>& from, Index depth, Index cols);
  };
  template <bool transpose_a, bool transpose_b>
  static constexpr Kernels kernels() {
    constexpr int a = transpose_a ? Eigen::RowMajor : Eigen::ColMajor,
                  b = transpose_b ? Eigen::RowMajor : Eigen::ColMajor,
                  transposed_b = transpose_b ? Eigen::ColMajor : Eigen::RowMajor;
    using Product =
        Eigen::internal::general_matrix_matrix_product<Index, T, a, false, T, b, false, Eigen::ColMajor, 1>;
    return {Product::run, add_vector<a>, add_vector<transposed_b>, pack_a<a>, pack_b<b>};
  }

  static void multiply(const Gemm<T>& g, const Kernels& kernels, Workers& workers) {
    const bool is_column = g.cols == 1 && (!g.b.transposed || g.b.stride == 1),
               is_row = g.rows == 1 && (g.a.transposed || g.a.stride == 1) && g.c_stride == 1,
               is_empty = g.rows == 0 || g.cols == 0 || g.depth == 0;
    if (is_column || is_row || is_empty) {
      g.begin();
      if (is_empty) return;
      // Bound by the memory, so that threads would not help.
      return is_column ? kernels.multiply_column(g.a, g, g.b.data) : kernels.multiply_row(g.b, g, g.a.data);
    }
    auto& memory = Memory::of_thread();
    memory.choose_blocks(g);
    if (const Index threads = useful_threads(g, workers); threads > 1)
      return InParallel{g, kernels, memory, threads}.multiply(workers);
    g.begin();
    memory.reserve(memory.mc() * memory.kc(), memory.kc() * memory.nc());
    kernels.multiply(g.rows, g.cols, g.depth, g.a.data, g.a.stride, g.b.data, g.b.stride, g.c, 1, g.c_stride,
                     T(1), memory, nullptr);
  }

 private:
  /// Adds a x to c, for a column c.
  template <int order>
  static void add_vector(const Operand<T>& a, const Gemm<T>& g, const T* x) {
    constexpr bool by_columns = order == Eigen::ColMajor;
    using Rows = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::RowMajor>;
    using Columns = Eigen::internal::const_blas_data_mapper<T, Index, Eigen::ColMajor>;
    using MatrixOf = std::conditional_t<by_columns, Columns, Rows>;
    using VectorOf = std::conditional_t<by_columns, Rows, Columns>;
    using Kernel =
        Eigen::internal::general_matrix_vector_product<Index, T, MatrixOf, order, false, T, VectorOf, false>;
    Kernel::run(g.rows * g.cols, g.depth, MatrixOf{a.data, a.stride}, VectorOf{x, 1}, g.c, 1, T(1));
  }

  template <int order>
  static void pack_a(T* to, const Operand<T>& from, Index depth, Index rows) {
    using Mapper = Eigen::internal::const_blas_data_mapper<T, Index, order>;
    Eigen::internal::gemm_pack_lhs<T, Index, Mapper, Traits::mr, Traits::LhsProgress,
                                   typename Traits::LhsPacket4Packing, order>{}(
        to, Mapper{from.data, from.stride}, depth, rows);
  }
  template <int order>
  static void pack_b(T* to, const Operand<T>& from, Index depth, Index cols) {
    using Mapper = Eigen::internal::const_blas_data_mapper<T, Index, order>;
    Eigen::internal::gemm_pack_rhs<T, Index, Mapper, Traits::nr, order>{}(to, Mapper{from.data, from.stride},
                                                                          depth, cols);
  }

  /// A product by several threads. For a slice of the depth they first pack the operands as Eigen's kernel reads them,
  /// each number once, and then compute a block of C each. The order of the sums is that of a single thread.
  class InParallel {
   public:
    InParallel(const Gemm<T>& gemm, const Kernels& kernels, Memory& memory, Index threads)
        : g_{gemm},
          kernels_{kernels},
          memory_{memory},
          grid_{Grid::best(g_.rows, g_.cols, tile, threads)},
          packed_rows_{(g_.rows + tile.rows - 1) / tile.rows * tile.rows},
          packed_cols_{(g_.cols + tile.cols - 1) / tile.cols * tile.cols} {}

    void multiply(Workers& workers) {
      constexpr Index most = 8 << 20;  // packed numbers, for which 32 MB suffice
      const Index kc = memory_.kc(), width = packed_rows_ + packed_cols_;
      const Index slice = std::min(std::max(Index{1}, most / (width * kc)) * kc, g_.depth);
      memory_.reserve(packed_rows_ * slice, packed_cols_ * slice);
      const int threads = static_cast<int>(grid_.rows * grid_.cols);
      for (Index first = 0; first < g_.depth; first += slice) {
        const Part depth{first, std::min(slice, g_.depth - first)};
        workers.run(threads, [&](int rank) { pack(depth, rank % grid_.rows, rank / grid_.rows); });
        workers.run(threads, [&](int rank) { add_block(depth, rank % grid_.rows, rank / grid_.rows); });
      }
    }

   private:
    static constexpr Tile tile{Traits::mr, 8};  // Eigen's kernels take 4 or 8 columns

    /// The rows and the columns of C that belong to a row and a column of the grid.
    Part rows_of(Index i) const { return part_of(g_.rows, i, grid_.rows, tile.rows); }
    Part cols_of(Index j) const { return part_of(g_.cols, j, grid_.cols, tile.cols); }

    /// Packs the share of the thread at a place of the grid. It needs the rows of A that belong to its row of the grid,
    /// and packs them together with the other threads in that row; likewise the columns of B.
    void pack(const Part& depth, Index row, Index col) const {
      const Part rows = rows_of(row), cols = cols_of(col);
      for (Index k = 0, tile_of_row = 0, tile_of_col = 0; k < depth.count; k += memory_.kc()) {
        const Index kc = std::min(memory_.kc(), depth.count - k), at = depth.first + k;
        for (Index i = rows.first, end = i + rows.count; i < end; i += tile.rows)
          if (tile_of_row++ % grid_.cols == col)
            kernels_.pack_a(memory_.blockA() + packed_rows_ * k + i * kc, g_.a.from(i, at), kc,
                            std::min(tile.rows, end - i));
        for (Index j = cols.first, end = j + cols.count; j < end; j += tile.cols)
          if (tile_of_col++ % grid_.rows == row)
            kernels_.pack_b(memory_.blockB() + packed_cols_ * k + j * kc, g_.b.from(at, j), kc,
                            std::min(tile.cols, end - j));
      }
    }

    /// Adds A B for a slice of the depth to the block of C at a place of the grid.
    void add_block(const Part& depth, Index row, Index col) const {
      const Part rows = rows_of(row), cols = cols_of(col);
      if (rows.count == 0 || cols.count == 0) return;
      if (depth.first == 0) g_.block(rows, cols).begin();
      using Mapper = Eigen::internal::blas_data_mapper<T, Index, Eigen::ColMajor, Eigen::Unaligned, 1>;
      Eigen::internal::gebp_kernel<T, T, Index, Mapper, Traits::mr, Traits::nr, false, false> kernel;
      for (Index k = 0; k < depth.count; k += memory_.kc()) {
        const Index kc = std::min(memory_.kc(), depth.count - k);
        for (Index i = rows.first, end = i + rows.count; i < end; i += memory_.mc())
          kernel(Mapper{g_.c + i + cols.first * g_.c_stride, g_.c_stride},
                 memory_.blockA() + packed_rows_ * k + i * kc,
                 memory_.blockB() + packed_cols_ * k + cols.first * kc, std::min(memory_.mc(), end - i), kc,
                 cols.count, T(1));
      }
    }

    const Gemm<T>& g_;
    const Kernels& kernels_;
    Memory& memory_;
    Grid grid_;
    Index packed_rows_, packed_cols_;
  };
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
  static void affine(const Batch<T>& a, const Batch<T>& b, const Vector<T>& offset, Matrix<T>& c,
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
  template <bool transpose_a, bool transpose_b>
  static void multiply(const Gemm<T>& gemm, Workers& workers = single_thread) {
    eigen_assert(gemm.a.transposed == transpose_a && gemm.b.transposed == transpose_b);
    if constexpr (!std::is_same_v<Backend, EigenGemm<T>>)
      if (Backend::pays(gemm)) return Backend::multiply(gemm, workers);
    static constexpr auto kernels = EigenGemm<T>::template kernels<transpose_a, transpose_b>();
    EigenGemm<T>::multiply(gemm, kernels, workers);
  }

 private:
  template <bool transpose_a, bool transpose_b>
  static void multiply(const Batch<T>& a, const Batch<T>& b, Matrix<T>& c, Workers& workers,
                       const T* offset = nullptr) {
    const Index rows = transpose_a ? a.cols() : a.rows(), cols = transpose_b ? b.rows() : b.cols(),
                depth = transpose_a ? a.rows() : a.cols();
    eigen_assert(depth == (transpose_b ? b.cols() : b.rows()));
    if (c.rows() != rows || c.cols() != cols) c.resize(rows, cols);  // which divides, even for the same size
    multiply<transpose_a, transpose_b>({{a.data(), a.rows(), transpose_a},
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
