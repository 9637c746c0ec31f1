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

  /// Returns the first of about equal parts of `blocks` blocks, of which each is computed at once.
  static Index at_once(Index blocks) {
    const Index parts = (blocks + most_blocks - 1) / most_blocks;
    return parts == 1 ? blocks : (blocks + parts - 1) / parts;
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
  template <int vectors, int blocks = most_blocks>
  void compute(Index now) const {
    if constexpr (blocks > 1)
      if (now < blocks) return compute<vectors, blocks - 1>(now);
    sum<vectors, blocks>();
  }

  template <int vectors, int blocks>
  [[gnu::noinline]] void sum() const {
    using namespace Eigen::internal;
    Packet sums[blocks][vectors];
#pragma GCC unroll 12
    for (int b = 0; b < blocks; ++b)
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v)
        sums[b][v] =
            init == nullptr ? pset1<Packet>(T(0)) : ploadu<Packet>(init + b * init_block + v * packet);
    for (const Segment& segment : segments) {
      const T *xk = x + segment.x, *wk = w + segment.w * w_step;
      for (Index k = segment.length; k > 0; --k, xk += x_step, wk += w_step) {
        Packet factors[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) factors[v] = ploadu<Packet>(wk + v * packet);
#pragma GCC unroll 12
        for (int b = 0; b < blocks; ++b) {
          const Packet value = pset1<Packet>(xk[b * x_block]);
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) sums[b][v] = pmadd(value, factors[v], sums[b][v]);
        }
      }
    }
#pragma GCC unroll 12
    for (int b = 0; b < blocks; ++b) {
      T* to = y + b * y_block;
      if (lanes == vectors * packet) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v)
          pstoreu(to + v * packet, adds ? padd(ploadu<Packet>(to + v * packet), sums[b][v]) : sums[b][v]);
      } else {
        T all[vectors * packet];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) pstoreu(all + v * packet, sums[b][v]);
        if (adds)
          for (Index lane = 0; lane < lanes; ++lane) to[lane] += all[lane];
        else
          copy_few<packet>(all, lanes, to);
      }
    }
  }
};

}  // namespace descent::detail
