#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Converts the bits of an IEEE 754 half-precision number: a sign, 5 bits of exponent, 10 bits of fraction.
inline float from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  float size = 0;
  if (exponent == 31)
    size = std::bit_cast<float>(0x7F800000U | static_cast<std::uint32_t>(fraction) << 13);  // infinity or NaN
  else
    size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                         : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

/// Converts the bits of a bfloat16 number, which are the upper half of a float.
inline float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

}  // namespace descent::detail
