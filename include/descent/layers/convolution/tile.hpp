#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>
#include <type_traits>

#include "descent/core/types.hpp"

// The inner loops of a convolution: forward, the gradient of the weight and that of the input are all sums of this kind.

namespace descent::inline DESCENT_ABI::detail {

/// A run of terms of a sum.
struct Segment {
  Index x, w, length;
};

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
  bool adds = false;  // true: adds whole vectors to y, block after block, since those may overlap

  static constexpr Index padded(Index lanes) { return (lanes + packet - 1) / packet * packet; }

  /// Computes `blocks` blocks.
  void compute(Index blocks) {
    const Index passes = (blocks + most_blocks - 1) / most_blocks;
    for (Index pass = passes; pass > 0; --pass) {
      const Index now = (blocks + pass - 1) / pass;
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
      if (adds) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v)
          pstoreu(to + v * packet, padd(ploadu<Packet>(to + v * packet), sums[b][v]));
      } else if (lanes == vectors * packet) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) pstoreu(to + v * packet, sums[b][v]);
      } else {
        T all[vectors * packet];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) pstoreu(all + v * packet, sums[b][v]);
        std::copy_n(all, lanes, to);
      }
    }
  }
};

}  // namespace descent::detail
