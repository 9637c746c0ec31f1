#pragma once

#include <algorithm>
#include <concepts>

#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// An operand of a product: a column-major matrix, or its transpose.
template <class T>
struct Operand {
  const T* data;
  Index stride;  // from one column of the matrix to the next
  bool transposed;

  /// Returns the operand without its rows before `row` and its columns before `column`.
  Operand from(Index row, Index column) const {
    return {data + (transposed ? column + row * stride : row + column * stride), stride, transposed};
  }
};

/// A product of matrices, C [rows, cols] = A [rows, depth] B [depth, cols], or a block of one. If `offset` is not null,
/// it is a column that is added to each column of C. A and B may be stored in another type.
template <std::floating_point T, class Stored = T>
struct Gemm {
  Operand<Stored> a, b;
  T* c;
  Index c_stride;
  Index rows, cols, depth;
  const T* offset = nullptr;

  /// Writes the offset, or zeros, to C, to which a kernel then adds A B.
  void begin() const {
    if (offset != nullptr)
      Eigen::Map<Matrix<T>, 0, Eigen::OuterStride<>>{c, rows, cols, Eigen::OuterStride<>{c_stride}}
          .colwise() = Eigen::Map<const Vector<T>>{offset, rows};
    else if (c_stride == rows)
      std::fill_n(c, rows * cols, T(0));
    else
      for (Index j = 0; j < cols; ++j) std::fill_n(c + j * c_stride, rows, T(0));
  }

  /// True for a product of two matrices, not vectors, with at least this number of multiplications.
  bool takes(Index multiplications) const {
    return rows > 1 && cols > 1 && rows * cols * depth >= multiplications;
  }

  /// Returns the product that computes a block of C.
  Gemm block(const Part& of_rows, const Part& of_cols) const {
    return {a.from(of_rows.first, 0),
            b.from(0, of_cols.first),
            c + of_rows.first + of_cols.first * c_stride,
            c_stride,
            of_rows.count,
            of_cols.count,
            depth,
            offset == nullptr ? nullptr : offset + of_rows.first};
  }
};

/// Numbers of rows and columns that a kernel computes together.
struct Tile {
  Index rows, cols;
};

/// A division of a matrix into a grid of blocks.
struct Grid {
  Index rows, cols;

  /// Returns the fastest grid for a product by up to `most` threads: few blocks of a tile's multiple that are large in
  /// both directions, since each thread also packs the rows of A and the columns of B that its block needs.
  static Grid best(Index rows, Index cols, const Tile& tile, Index most) {
    constexpr Index packing = 8;  // multiplications in the time to pack a number, about
    Grid grid{1, 1};
    Index least = -1;
    for (Index r = 1; r <= most; ++r) {
      const Index c = most / r;
      const Index height = std::min(rows, (rows + tile.rows * r - 1) / (tile.rows * r) * tile.rows),
                  width = std::min(cols, (cols + tile.cols * c - 1) / (tile.cols * c) * tile.cols);
      const Index cost = height * width + packing * (height + width);
      if (least < 0 || cost < least) least = cost, grid = {r, c};
    }
    return grid;
  }
};

/// Returns the number of threads that a product is worth, at most those of the workers.
template <std::floating_point T, class Stored>
Index useful_threads(const Gemm<T, Stored>& gemm, const Workers& workers) {
  constexpr Index least = 128 * 1024;  // multiplications for a thread, some microseconds
  if (workers.size() == 1) return 1;
  return std::clamp<Index>(gemm.rows * gemm.cols * gemm.depth / least, 1, workers.size());
}

/// Computes a product in blocks, in parallel: calls multiply(block) for each. Blocks begin at multiples of the tile, so
/// that each number of the result is computed by the same instructions as in one block.
template <std::floating_point T, class Stored>
void multiply_in_blocks(const Gemm<T, Stored>& whole, const Tile& tile, Workers& workers,
                        FunctionRef<void(const Gemm<T, Stored>&)> multiply) {
  const Index most = useful_threads(whole, workers);
  if (most == 1) return multiply(whole);
  const Grid grid = Grid::best(whole.rows, whole.cols, tile, most);
  workers.run(static_cast<int>(grid.rows * grid.cols), [&](int rank) {
    const Part rows = part_of(whole.rows, rank % grid.rows, grid.rows, tile.rows),
               cols = part_of(whole.cols, rank / grid.rows, grid.cols, tile.cols);
    if (rows.count > 0 && cols.count > 0) multiply(whole.block(rows, cols));
  });
}

}  // namespace descent::detail
