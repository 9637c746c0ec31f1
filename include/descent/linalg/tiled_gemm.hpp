#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>

#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/gemm.hpp"
#include "descent/linalg/tile.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI::detail {

#if EIGEN_COMP_GNUC_STRICT
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"   // of Eigen's vector types as template arguments
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in g++'s own header for AVX-512
#endif

/// Copies rows of a matrix or of a transpose for tiles, whose lanes they are.
template <std::floating_point T>
struct Panel {
  using Packet = typename Tile2D<T>::Packet;
  static constexpr Index packet = Tile2D<T>::packet;
  using Square = Eigen::internal::PacketBlock<Packet, packet>;

  /// Writes [padded(lanes), depth]; the lanes that are added to fill a vector are zeros.
  static void pack(const Operand<T>& from, Index lanes, Index depth, T* to) {
    const Index width = Tile2D<T>::padded(lanes);
    if (from.transposed) return pack_transpose(from, lanes, depth, to, width);
    for (Index k = 0; k < depth; ++k, to += width) {
      copy_few<2 * packet>(from.data + k * from.stride, lanes, to);
      std::fill(to + lanes, to + width, T(0));
    }
  }

 private:
  static void pack_transpose(const Operand<T>& from, Index lanes, Index depth, T* to, Index width) {
    using namespace Eigen::internal;
    const Index full = lanes / packet * packet, squares = depth / packet * packet;
    for (Index i = 0; i < full; i += packet)
      for (Index k = 0; k < squares; k += packet) {
        Square square;
        for (Index p = 0; p < packet; ++p)
          square.packet[p] = ploadu<Packet>(from.data + k + (i + p) * from.stride);
        ptranspose(square);
        for (Index p = 0; p < packet; ++p) pstoreu(to + i + (k + p) * width, square.packet[p]);
      }
    for (Index k = 0; k < depth; ++k) {
      const Index first = k < squares ? full : 0;
      for (Index i = first; i < lanes; ++i) to[i + k * width] = from.data[k + i * from.stride];
      std::fill(to + lanes + k * width, to + (k + 1) * width, T(0));
    }
  }
};

#if EIGEN_COMP_GNUC_STRICT
#pragma GCC diagnostic pop
#endif

/// A product of two matrices by tiles, shared by threads: these first pack the rows of A together, each once, and then
/// compute a block of C each.
///
/// A number of C is the sum of its products in order, in runs of 256 of which each starts at zero, but the first at the
/// offset. So its bits depend neither on the number of threads nor on the sizes of A and B.
template <std::floating_point T>
class TiledGemm {
 public:
  TiledGemm(const Gemm<T>& gemm, Index threads)
      : g_{gemm},
        grid_{threads == 1 ? Grid{1, 1} : Grid::best(g_.rows, g_.cols, {lanes, blocks}, threads)},
        packed_rows_{(g_.rows + lanes - 1) / lanes * lanes},
        in_place_{threads == 1 && !g_.a.transposed &&
                  (g_.cols <= 2 * blocks || std::min(run, g_.depth) * g_.a.stride <= 16 * 1024)} {}

  void multiply(Workers& workers) {
    constexpr Index most = 4 << 20;  // packed numbers, for which 16 MB suffice
    const int threads = static_cast<int>(grid_.rows * grid_.cols);
    const Index runs = threads == 1 ? 1 : std::max(Index{1}, most / (packed_rows_ * run)),
                slice = std::min(runs * run, g_.depth);
    thread_local Vector<T> memory;
    if (memory.size() < packed_rows_ * slice) memory.resize(packed_rows_ * slice);
    packed_ = memory.data();
    for (Index first = 0; first < g_.depth; first += slice) {
      const Part depth{first, std::min(slice, g_.depth - first)};
      share(workers, threads, [&](int rank) { pack(depth, rank, threads); });
      share(workers, threads, [&](int rank) {
        threads == 1 ? add_block(depth, {0, g_.rows}, {0, g_.cols})
                     : add_block(depth, part_of(g_.rows, rank % grid_.rows, grid_.rows, lanes),
                                 part_of(g_.cols, rank / grid_.rows, grid_.cols, blocks));
      });
    }
  }

 private:
  static constexpr Index lanes = Tile2D<T>::most_lanes, blocks = Tile2D<T>::most_blocks;
  static constexpr Index run = 256;     // terms: the lanes of A and the columns of B then fit the first cache
  static constexpr Index height = 512;  // rows of A, whose run fits the second cache

  static void share(Workers& workers, int threads, FunctionRef<void(int)> job) {
    threads == 1 ? job(0) : workers.run(threads, job);
  }

  bool is_in_place(Index count) const { return in_place_ && count % Tile2D<T>::packet == 0; }

  /// Packs every panel of the slice whose turn is `rank`.
  void pack(const Part& depth, Index rank, Index threads) const {
    Index turn = rank;
    for (Index k = 0; k < depth.count; k += run)
      for (Index i = 0; i < g_.rows; i += lanes) {
        const Index count = std::min(lanes, g_.rows - i), terms = std::min(run, depth.count - k);
        if (turn == 0 && !is_in_place(count))
          Panel<T>::pack(g_.a.from(i, depth.first + k), count, terms, packed_ + packed_rows_ * k + i * terms);
        turn = turn == 0 ? threads - 1 : turn - 1;
      }
  }

  /// Adds A B for a slice of the depth to a block of C.
  void add_block(const Part& depth, const Part& rows, const Part& cols) const {
    if (rows.count == 0 || cols.count == 0) return;
    const Index end = rows.first + rows.count;
    for (Index k = 0; k < depth.count; k += run)
      for (Index i = rows.first; i < end; i += height)
        add_run(depth.first + k, std::min(run, depth.count - k), packed_ + packed_rows_ * k,
                {i, std::min(height, end - i)}, cols);
  }

  /// Adds the terms from `first` on to the given rows and columns of C.
  void add_run(Index first, Index terms, const T* packed, const Part& rows, const Part& cols) const {
    const Segment whole{0, 0, terms};
    const bool packs_b = g_.b.transposed && rows.count > 2 * lanes;
    T packed_b[blocks * run];
    for (Index j = cols.first, end = j + cols.count, count; j < end; j += count) {
      count = rows.count <= lanes ? end - j : Tile2D<T>::at_once(end - j);
      Operand<T> b = g_.b.from(first, j);
      if (packs_b) {
        for (Index k = 0; k < terms; ++k) std::copy_n(b.data + k * b.stride, count, packed_b + k * blocks);
        b = {packed_b, blocks, true};
      }
      for (Index i = rows.first; i < rows.first + rows.count; i += lanes) {
        const Index height_now = std::min(lanes, rows.first + rows.count - i);
        const bool in_place = is_in_place(height_now);
        Tile2D<T> tile{.x = b.data,
                       .x_block = b.transposed ? 1 : b.stride,
                       .x_step = b.transposed ? b.stride : 1,
                       .w = in_place ? g_.a.from(i, first).data : packed + i * terms,
                       .w_step = in_place ? g_.a.stride : Tile2D<T>::padded(height_now),
                       .segments = {&whole, 1},
                       .y = g_.c + i + j * g_.c_stride,
                       .y_block = g_.c_stride,
                       .lanes = height_now,
                       .adds = first > 0};
        T padded_offset[lanes];
        if (first == 0 && g_.offset != nullptr) {
          tile.init = g_.offset + i;
          if (height_now % Tile2D<T>::packet != 0) {
            std::fill(std::copy_n(tile.init, height_now, padded_offset), padded_offset + lanes, T(0));
            tile.init = padded_offset;
          }
        }
        tile.compute(count);
      }
    }
  }

  const Gemm<T>& g_;
  Grid grid_;
  Index packed_rows_;
  bool in_place_;
  T* packed_ = nullptr;
};

}  // namespace descent::detail
