#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The hash function XXH64 with seed 0: a 64-bit checksum that detects damaged files. It is not cryptographic and
/// does not protect against forgery.
///
/// Cost     about 10 GB/s, by four independent lanes of 8 bytes.
/// Source   Collet: xxHash fast digest algorithm, format specification 0.1.1
class XXH64 {
 public:
  /// Appends bytes to the input.
  void update(std::span<const char> bytes) {
    size_ += bytes.size();
    if (waiting_ > 0 || bytes.size() < stripe) {
      bytes = fill(bytes);
      if (waiting_ < stripe) return;
      take_stripes(buffer_);
      waiting_ = 0;
    }
    const std::size_t whole = bytes.size() / stripe * stripe;
    take_stripes(bytes.first(whole));
    fill(bytes.subspan(whole));
  }

  /// Returns the hash of all bytes so far.
  std::uint64_t value() const {
    std::uint64_t hash = size_ < stripe ? prime5 : merged_lanes();
    hash += size_;
    const char* next = buffer_.data();
    std::size_t left = waiting_;
    for (; left >= 8; left -= 8, next += 8)
      hash = std::rotl(hash ^ round(0, number<std::uint64_t>(next)), 27) * prime1 + prime4;
    if (left >= 4) {
      hash = std::rotl(hash ^ number<std::uint32_t>(next) * prime1, 23) * prime2 + prime3;
      left -= 4, next += 4;
    }
    for (; left > 0; --left, ++next)
      hash = std::rotl(hash ^ static_cast<unsigned char>(*next) * prime5, 11) * prime1;
    hash = (hash ^ (hash >> 33)) * prime2;
    hash = (hash ^ (hash >> 29)) * prime3;
    return hash ^ (hash >> 32);
  }

 private:
  static constexpr std::size_t stripe = 32;
  static constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F,
                                 prime3 = 0x165667B19E3779F9, prime4 = 0x85EBCA77C2B2AE63,
                                 prime5 = 0x27D4EB2F165667C5;

  /// Reads a little-endian number.
  template <class N>
  static std::uint64_t number(const char* bytes) {
    N n = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&n, bytes, sizeof n);
    else
      for (std::size_t i = sizeof n; i-- > 0;)
        n = static_cast<N>((n << 8) | static_cast<unsigned char>(bytes[i]));
    return n;
  }
  static std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
    return std::rotl(lane + input * prime2, 31) * prime1;
  }

  /// Copies bytes to the buffer until it is full; returns the remaining ones.
  std::span<const char> fill(std::span<const char> bytes) {
    const std::size_t count = std::min(stripe - waiting_, bytes.size());
    std::copy_n(bytes.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(waiting_));
    waiting_ += count;
    return bytes.subspan(count);
  }
  void take_stripes(std::span<const char> bytes) {
    auto [a, b, c, d] = lanes_;  // in registers
    for (const char *p = bytes.data(), *end = p + bytes.size(); p != end; p += stripe) {
      a = round(a, number<std::uint64_t>(p));
      b = round(b, number<std::uint64_t>(p + 8));
      c = round(c, number<std::uint64_t>(p + 16));
      d = round(d, number<std::uint64_t>(p + 24));
    }
    lanes_ = {a, b, c, d};
  }
  std::uint64_t merged_lanes() const {
    std::uint64_t hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
                         std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round(0, lane)) * prime1 + prime4;
    return hash;
  }

  std::array<std::uint64_t, 4> lanes_{prime1 + prime2, prime2, 0, 0 - prime1};
  std::array<char, stripe> buffer_{};
  std::size_t waiting_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace descent
