#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The 128 bits of one call of `philox`.
using RandomBlock = std::array<std::uint32_t, 4>;

/// Computes Philox4x32-10: 128 random bits as a pure function of a 64-bit key and a 128-bit counter. Any block can be
/// computed again, or on another thread, without those before it.
///
/// Source   Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011)
inline RandomBlock philox(std::uint64_t key, RandomBlock counter) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

/// Sixteen interleaved blocks: word w of block k is `[w][k]`.
using RandomBlocks = std::array<std::array<std::uint32_t, 16>, 4>;

/// Computes philox(key, counter) and the fifteen blocks after it, whose counters differ in the last word. Written in
/// scalars, so that the compiler vectorizes over the blocks.
inline RandomBlocks philox_blocks(std::uint64_t key, const RandomBlock& counter) {
  RandomBlocks blocks;
  for (std::uint32_t k = 0; k < 16; ++k) {
    std::uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3] + k;
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * c0, b = std::uint64_t{0xCD9E8D57} * c2;
      c0 = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ k0;
      c1 = static_cast<std::uint32_t>(b);
      c2 = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ k1;
      c3 = static_cast<std::uint32_t>(a);
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    blocks[0][k] = c0, blocks[1][k] = c1, blocks[2][k] = c2, blocks[3][k] = c3;
  }
  return blocks;
}

/// The purpose of a random number. Streams of different purposes are independent.
enum class Purpose : std::uint32_t { general, shuffle, split, layer, augment, search };

/// A random number generator with the same sequence on every compiler and platform.
///
/// The standard's distributions and `std::shuffle` differ between standard libraries; these do not.
/// Sequences with the same seed and another purpose or stream are independent.
///
/// Example  examples/01_digits.cpp
class Rng {
 public:
  explicit Rng(std::uint64_t seed, Purpose purpose = Purpose::general, std::uint32_t stream = 0)
      : key_{seed}, purpose_{purpose}, stream_{stream} {}

  std::uint32_t bits() {
    if (used_ == block_.size()) {
      block_ = philox(key_, {static_cast<std::uint32_t>(purpose_), stream_,
                             static_cast<std::uint32_t>(count_ >> 32), static_cast<std::uint32_t>(count_)});
      ++count_;
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Draws from the uniform distribution on [0, 1), a multiple of 2^-53.
  double uniform() {
    const std::uint64_t high = bits() >> 5, low = bits() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1p-53;
  }

  /// Draws from the standard normal distribution by the ratio of uniforms: for a point (u, v), uniform in the region
  /// u^2 <= exp(-(v/u)^2 / 2), v/u is normal. The logarithm is used only to accept or reject; the value is one
  /// division and so the same on every platform.
  ///
  /// Source   Kinderman, Monahan: Computer generation of random variables using the ratio of uniform
  ///          deviates (ACM TOMS 3, 1977)
  double normal() {
    constexpr double bound = 0.8577638849607068;  // sqrt(2 / e)
    for (;;) {
      const double u = 1 - uniform();
      const double x = bound * (2 * uniform() - 1) / u;
      if (x * x <= -4 * std::log(u)) return x;
    }
  }

  /// Draws uniformly from 0, 1, ... n - 1, without bias. Throws DataError unless n is in [1, 2^32).
  Index below(Index n) {
    if (n < 1 || n >= Index{1} << 32)
      throw_error<DataError>("Rng", {"expected a bound from 1 to 2^32 - 1, got ", n},
                             "pass the number of values to draw from");
    const auto range = static_cast<std::uint64_t>(n);
    const std::uint64_t unbiased = ((std::uint64_t{1} << 32) / range) * range;
    std::uint64_t draw = bits();
    while (draw >= unbiased) draw = bits();
    return static_cast<Index>(draw % range);
  }

  /// Shuffles a random-access sequence (Fisher, Yates).
  template <class Sequence>
  void shuffle(Sequence& values) {
    using std::swap;
    for (auto i = static_cast<Index>(values.size()) - 1; i > 0; --i)
      swap(values[static_cast<std::size_t>(i)], values[static_cast<std::size_t>(below(i + 1))]);
  }

 private:
  std::uint64_t key_;
  Purpose purpose_;
  std::uint32_t stream_;
  std::uint64_t count_ = 0;
  RandomBlock block_{};
  std::size_t used_ = block_.size();
};

}  // namespace descent
