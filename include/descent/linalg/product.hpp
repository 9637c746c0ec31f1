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
struct EigenGemm {
  static constexpr std::string_view name = "Eigen";

  template <bool transpose_a, bool transpose_b>
  static void multiply(const Gemm<T>& g, Workers& workers) {
    constexpr int order_a = transpose_a ? Eigen::RowMajor : Eigen::ColMajor,
                  order_b = transpose_b ? Eigen::RowMajor : Eigen::ColMajor,
                  transposed_order_b = transpose_b ? Eigen::ColMajor : Eigen::RowMajor;
    if (g.depth == 0 || g.rows == 0 || g.cols == 0) return g.begin();
    if (g.cols == 1) return multiply_vector<order_a>(g, g.a, g.rows, g.b.data);
    if (g.rows == 1) return multiply_vector<transposed_order_b>(g, g.b, g.cols, g.a.data);
    auto& memory = ProductMemory<T>::of_thread();
    memory.choose_blocks(g);
    if (const Index threads = useful_threads(g, workers); threads > 1)
      return InParallel<order_a, order_b>{g, memory, threads}.multiply(workers);
    memory.reserve(memory.mc() * memory.kc(), memory.kc() * memory.nc());
    g.begin();
    using Kernel = Eigen::internal::general_matrix_matrix_product<Index, T, order_a, false, T, order_b, false,
                                                                  Eigen::ColMajor, 1>;
    Kernel::run(g.rows, g.cols, g.depth, g.a.data, g.a.stride, g.b.data, g.b.stride, g.c, 1, g.c_stride, T(1),
                memory);
  }

 private:
  using Traits = Eigen::internal::gebp_traits<T, T>;

  static constexpr Index rounded_up(Index n, Index multiple) {
    return (n + multiple - 1) / multiple * multiple;
  }

  /// A product by several threads. For a slice of the depth they first pack the operands as Eigen's kernel reads them,
  /// each number once, and then compute a block of C each. The order of the sums is that of a single thread.
  template <int order_a, int order_b>
  struct InParallel {
    const Gemm<T>& g;
    ProductMemory<T>& memory;
    Grid grid;
    Index rows = rounded_up(g.rows, tile.rows),
          cols = rounded_up(g.cols, tile.cols);  // of the packed operands

    static constexpr Tile tile{Traits::mr, 8};  // Eigen's kernels take 4 or 8 columns

    InParallel(const Gemm<T>& gemm, ProductMemory<T>& of_thread, Index threads)
        : g{gemm}, memory{of_thread}, grid{Grid::best(g.rows, g.cols, tile, threads)} {}

    void multiply(Workers& workers) {
      constexpr Index most = 8 << 20;  // packed numbers, for which 32 MB suffice
      const Index kc = memory.kc(), blocks = std::max(Index{1}, most / ((rows + cols) * kc));
      const Index slice = std::min(blocks * kc, g.depth);
      memory.reserve(rows * slice, cols * slice);
      for (Index first = 0; first < g.depth; first += slice) {
        const Part depth{first, std::min(slice, g.depth - first)};
        const int blocks_of_c = static_cast<int>(grid.rows * grid.cols);
        workers.run(blocks_of_c, [&](int rank) { pack(depth, rank % grid.rows, rank / grid.rows); });
        workers.run(blocks_of_c, [&](int rank) { add_block(depth, rank % grid.rows, rank / grid.rows); });
      }
    }

    /// The rows and the columns of C that belong to a row and a column of the grid.
    Part rows_of(Index i) const { return part_of(g.rows, i, grid.rows, tile.rows); }
    Part cols_of(Index j) const { return part_of(g.cols, j, grid.cols, tile.cols); }

    /// Calls f(k, kc) for the blocks of a slice of the depth.
    void each_block(const Part& depth, auto&& f) const {
      for (Index k = 0; k < depth.count; k += memory.kc()) f(k, std::min(memory.kc(), depth.count - k));
    }

    /// Packs the share of the thread at a place of the grid. It needs the rows of A that belong to its row of the grid,
    /// and packs them together with the other threads in that row; likewise the columns of B.
    void pack(const Part& depth, Index row, Index col) const {
      const auto share = [&](const Part& part, Index tile_size, Index threads, Index rank, auto&& pack_tile) {
        Index next = 0;
        each_block(depth, [&](Index k, Index kc) {
          for (Index i = 0; i < part.count; i += tile_size)
            if (next++ % threads == rank)
              pack_tile(part.first + i, std::min(tile_size, part.count - i), k, kc);
        });
      };
      using MapperA = Eigen::internal::const_blas_data_mapper<T, Index, order_a>;
      using MapperB = Eigen::internal::const_blas_data_mapper<T, Index, order_b>;
      share(rows_of(row), tile.rows, grid.cols, col, [&](Index i, Index count, Index k, Index kc) {
        Eigen::internal::gemm_pack_lhs<T, Index, MapperA, Traits::mr, Traits::LhsProgress,
                                       typename Traits::LhsPacket4Packing, order_a>{}(
            memory.blockA() + rows * k + i * kc, MapperA{g.a.from(i, depth.first + k).data, g.a.stride}, kc,
            count);
      });
      share(cols_of(col), tile.cols, grid.rows, row, [&](Index j, Index count, Index k, Index kc) {
        Eigen::internal::gemm_pack_rhs<T, Index, MapperB, Traits::nr, order_b>{}(
            memory.blockB() + cols * k + j * kc, MapperB{g.b.from(depth.first + k, j).data, g.b.stride}, kc,
            count);
      });
    }

    /// Adds A B for a slice of the depth to the block of C at a place of the grid.
    void add_block(const Part& depth, Index row, Index col) const {
      const Part of_rows = rows_of(row), of_cols = cols_of(col);
      if (of_rows.count == 0 || of_cols.count == 0) return;
      using Mapper = Eigen::internal::blas_data_mapper<T, Index, Eigen::ColMajor, Eigen::Unaligned, 1>;
      Eigen::internal::gebp_kernel<T, T, Index, Mapper, Traits::mr, Traits::nr, false, false> kernel;
      if (depth.first == 0) g.block(of_rows, of_cols).begin();
      each_block(depth, [&](Index k, Index kc) {
        for (Index i = of_rows.first, end = i + of_rows.count; i < end; i += memory.mc()) {
          const Index j = of_cols.first;
          kernel(Mapper{g.c + i + j * g.c_stride, g.c_stride}, memory.blockA() + rows * k + i * kc,
                 memory.blockB() + cols * k + j * kc, std::min(memory.mc(), end - i), kc, of_cols.count,
                 T(1));
        }
      });
    }
  };

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
    g.begin();
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
    affine(a, b, Vector<T>{}, c, workers);
  }
  /// c = a b + offset in each column; an empty offset is 0
  static void affine(const Batch<T>& a, const Batch<T>& b, const Vector<T>& offset, Matrix<T>& c,
                     Workers& workers = single_thread) {
    eigen_assert(a.cols() == b.rows() && (offset.size() == 0 || offset.size() == a.rows()));
    c.resize(a.rows(), b.cols());
    multiply<false, false>(a, b, a.cols(), c, workers, offset.size() == 0 ? nullptr : offset.data());
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
  static void multiply(const Batch<T>& a, const Batch<T>& b, Index depth, Matrix<T>& c, Workers& workers,
                       const T* offset = nullptr) {
    const Gemm<T> gemm{{a.data(), a.rows(), transpose_a},
                       {b.data(), b.rows(), transpose_b},
                       c.data(),
                       c.rows(),
                       c.rows(),
                       c.cols(),
                       depth,
                       offset};
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
