#pragma once

#include <Eigen/Core>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "descent/core/contiguous.hpp"

// Tests for infinity and NaN that work under any compiler flags. With -ffast-math a compiler may assume that neither
// occurs, and removes std::isnan, std::isfinite and every comparison that is false for NaN alone. These functions
// test the bits as integers, and the compiler cannot see which floating-point operation the bits come from.

namespace descent::inline DESCENT_ABI {

namespace detail {

/// The bit patterns of an IEEE 754 type, as unsigned integers of the same size.
template <std::floating_point T>
struct Ieee {
  static_assert((sizeof(T) == 4 && std::numeric_limits<T>::digits == 24) ||
                    (sizeof(T) == 8 && std::numeric_limits<T>::digits == 53),
                "numbers are float or double");
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
  static constexpr Bits exponent_one = Bits{1} << (std::numeric_limits<T>::digits - 1);
  static constexpr Bits infinity = sign - exponent_one;  // all ones in the exponent
  static constexpr Bits largest_finite = infinity - 1;
  static constexpr Bits quiet_nan = infinity | exponent_one >> 1;
};

/// Returns the pointer, and makes the compiler forget what it knows of the numbers there.
template <class T>
const T* unknown_content(const T* numbers) {
#if defined(__GNUC__)
  asm volatile("" : "+r"(numbers) : : "memory");
#endif
  return numbers;
}

/// Returns the magnitude of a number, read as an integer.
template <std::floating_point T>
typename Ieee<T>::Bits magnitude(const T& number) {
  typename Ieee<T>::Bits bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits & ~Ieee<T>::sign;
}

/// True if the magnitude of one of the numbers, read as an integer, is above `limit`. A negative difference sets the
/// sign bit, so that the loop needs no comparison and is vectorized.
template <std::floating_point T>
[[gnu::noinline]] bool any_above(typename Ieee<T>::Bits limit, const T* numbers, Eigen::Index count) {
  numbers = unknown_content(numbers);
  typename Ieee<T>::Bits differences = 0;
  for (Eigen::Index i = 0; i < count; ++i) differences |= limit - magnitude(numbers[i]);
  return (differences & Ieee<T>::sign) != 0;
}

/// Returns NaN under any compiler flags; std::numeric_limits may be optimized away under -ffast-math.
template <std::floating_point T>
T not_a_number() {
  const auto bits = Ieee<T>::quiet_nan;
  return std::bit_cast<T>(*unknown_content(&bits));
}

/// Returns infinity under any compiler flags.
template <std::floating_point T>
T infinity() {
  const auto bits = Ieee<T>::infinity;
  return std::bit_cast<T>(*unknown_content(&bits));
}

}  // namespace detail

/// True if the number is neither infinite nor NaN, under any compiler flags.
template <std::floating_point T>
bool is_finite(const T& number) {
  return detail::magnitude(*detail::unknown_content(&number)) <= detail::Ieee<T>::largest_finite;
}

/// True if the number is NaN, under any compiler flags.
template <std::floating_point T>
bool is_nan(const T& number) {
  return detail::magnitude(*detail::unknown_content(&number)) > detail::Ieee<T>::infinity;
}

/// True if no number is infinite or NaN, under any compiler flags. Takes one vectorized pass; an expression that is not
/// known to be contiguous is copied first.
template <class Derived>
bool all_finite(const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  if constexpr (detail::is_contiguous<Derived>)
    return !detail::any_above(detail::Ieee<T>::largest_finite, values.derived().data(), values.size());
  else
    return all_finite(values.eval());
}

/// True if a number is NaN, under any compiler flags.
template <class Derived>
bool has_nan(const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  if constexpr (detail::is_contiguous<Derived>)
    return detail::any_above(detail::Ieee<T>::infinity, values.derived().data(), values.size());
  else
    return has_nan(values.eval());
}

}  // namespace descent
