#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

namespace descent::inline DESCENT_ABI {

/// An option and its name for error messages. Options are aggregates, which have no constructor to check them, so the
/// first function that uses them does.
struct Option {
  std::string_view component, name;
  double value;
  std::string_view cure = {};
};

namespace detail {
[[noreturn]] inline void reject(const Option& option, std::string_view expected) {
  throw_error<DataError>(option.component, {"expected .", option.name, ' ', expected, ", got ", option.value},
                         option.cure);
}
}  // namespace detail

// NaN fails, too. It is tested first and by its bits: with -ffast-math a compiler may assume that it never occurs,
// and turn `!(a < b)` into `a >= b`.

/// Throws DataError unless the option is in [0, 1), such as the decay rate of an average.
inline void expect_share(const Option& option) {
  if (!is_finite(option.value) || option.value < 0 || option.value >= 1) detail::reject(option, "in [0, 1)");
}

/// Throws DataError unless the option is in [0, 1].
inline void expect_probability(const Option& option) {
  if (!is_finite(option.value) || option.value < 0 || option.value > 1) detail::reject(option, "in [0, 1]");
}

/// Throws DataError unless the option is finite.
inline void expect_finite(const Option& option) {
  if (!is_finite(option.value)) detail::reject(option, "finite");
}

/// Throws DataError unless the option is finite and not negative.
inline void expect_not_negative(const Option& option) {
  if (!is_finite(option.value) || option.value < 0) detail::reject(option, "of 0 or more");
}

/// Throws DataError unless the option is finite and positive.
inline void expect_positive(const Option& option) {
  if (!is_finite(option.value) || option.value <= 0) detail::reject(option, "above 0");
}

/// Throws DataError unless the option is finite and at least 1.
inline void expect_at_least_one(const Option& option) {
  if (!is_finite(option.value) || option.value < 1) detail::reject(option, "of at least 1");
}

/// Throws DataError if the time, the number of steps or epochs that a schedule counts from 0, is negative.
inline void expect_time(std::string_view component, std::int64_t t) {
  if (t < 0)
    throw_error<DataError>(component, {"expected a time of 0 or more, got ", t},
                           "pass the number of steps or epochs done so far");
}

}  // namespace descent
