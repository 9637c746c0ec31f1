#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>
#include <type_traits>

#include "descent/core/types.hpp"

// The inner loops of products and convolutions, forward and backward: all are sums of this kind.

namespace descent::inline DESCENT_ABI::detail {

/// A run of terms of a sum.
struct Segment {
  Index x, w, length;
};

/// Copies `count` numbers, fewer than 2 * half, faster than a call of memcpy.
template <Index half, class T>
void copy_few(const T* from, Index count, T* to) {
  if (count >= half) {
    std::copy_n(from, half, to);
    from += half, to += half, count -= half;
  }
  if constexpr (half > 1) copy_few<half / 2>(from, count, to);
}

/// A block of sums, whose lanes are computed together in vectors:
///
///   y[b][lane] = init[lane] + sum over segments s, terms k of x[s.x + b x_block + k x_step] w[(s.w + k) w_step + lane]
///
/// The vectors of w may be read beyond the lanes, up to a whole vector.
template <class T>
struct Tile2D {
  using Packet = typename Eigen::internal::packet_traits<T>::type;
  static constexpr Index packet = Eigen::internal::unpacket_traits<Packet>::size;
  static constexpr Index most_lanes = 2 * packet;
  /// As many blocks at once as the registers hold: their sums, 2 vectors of w and a number of x.
  static constexpr int most_blocks = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32   ? 12
                                     : EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 16 ? 6
                                                                                    : 2;

  const T* x;
  Index x_block, x_step;
  const T* w;
  Index w_step;
  std::span<const Segment> segments;
  const T* init = nullptr;  // null for zeros
  Index init_block = 0;
  T* y;
  Index y_block;
  Index lanes;        // at most `most_lanes`
  bool adds = false;  // true: adds to y, block after block, since those may overlap

  static constexpr Index padded(Index lanes) { return (lanes + packet - 1) / packet * packet; }

  /// Returns how many of `blocks` blocks are computed at once: 12, 8, 4, 2 or 1, or 6, 2 or 1. Other numbers for the rest
  /// would gain little, and every program would compile them.
  static Index at_once(Index blocks) {
    Index size = most_blocks;
    while (size > blocks) size = smaller(size);
    return size;
  }

  /// Computes `blocks` blocks.
  void compute(Index blocks) {
    while (blocks > 0) {
      const Index now = at_once(blocks);
      lanes > packet ? compute<2>(now) : compute<1>(now);
      blocks -= now;
      x += now * x_block;
      y += now * y_block;
      if (init != nullptr) init += now * init_block;
    }
  }

 private:
  static constexpr Index smaller(Index size) { return size == 12 ? 8 : size == 6 ? 2 : size / 2; }

  template <int vectors, int blocks = most_blocks>
  void compute(Index now) const {
    if constexpr (blocks > 1)
      if (now < blocks) return compute<vectors, smaller(blocks)>(now);
    sum<vectors, blocks>();
  }

  template <int vectors, int blocks>
  [[gnu::noinline]] void sum() const {
    using namespace Eigen::internal;
    constexpr Index width = vectors * packet;
    static constexpr T zeros[width]{};
    Packet sums[blocks][vectors];
    const T* from = init != nullptr ? init : zeros;
    const Index from_block = init != nullptr ? init_block : 0;
#pragma GCC unroll 12
    for (int b = 0; b < blocks; ++b)
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[b][v] = ploadu<Packet>(from + b * from_block + v * packet);
    constexpr int groups = (blocks + 2) / 3;  // an address of 3 blocks, since it has 2 registers and a factor
    for (const Segment& segment : segments) {
      const T *xk[groups], *wk = w + segment.w * w_step;
#pragma GCC unroll 4
      for (int g = 0; g < groups; ++g) xk[g] = x + segment.x + 3 * g * x_block;
      for (Index k = segment.length; k > 0; --k, wk += w_step) {
        Packet factors[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) factors[v] = ploadu<Packet>(wk + v * packet);
#pragma GCC unroll 12
        for (int b = 0; b < blocks; ++b) {
          const Packet value = pset1<Packet>(xk[b / 3][b % 3 * x_block]);
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) sums[b][v] = pmadd(value, factors[v], sums[b][v]);
        }
#pragma GCC unroll 4
        for (int g = 0; g < groups; ++g) xk[g] += x_step;
      }
    }
    if (lanes == width) {
#pragma GCC unroll 12
      for (int b = 0; b < blocks; ++b)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
          T* to = y + b * y_block + v * packet;
          pstoreu(to, adds ? padd(ploadu<Packet>(to), sums[b][v]) : sums[b][v]);
        }
    } else {
      T all[blocks * width];
#pragma GCC unroll 12
      for (int b = 0; b < blocks; ++b)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) pstoreu(all + b * width + v * packet, sums[b][v]);
      store(all, width, blocks);
    }
  }

  /// Stores the lanes of sums [width, blocks], or adds them.
  [[gnu::noinline]] void store(const T* all, Index width, Index blocks) const {
    for (Index b = 0; b < blocks; ++b, all += width) {
      T* to = y + b * y_block;
      if (!adds)
        copy_few<packet>(all, lanes, to);
      else
        for (Index lane = 0; lane < lanes; ++lane) to[lane] += all[lane];
    }
  }
};

}  // namespace descent::detail
