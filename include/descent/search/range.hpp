#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"

namespace descent::inline DESCENT_ABI {

/// The scale on which the values of a hyper-parameter are evenly distributed.
enum class Scale {
  linear,         ///< of the value itself
  log,            ///< of its logarithm, such as for a learning rate from 1e-5 to 1e-1
  one_minus_log,  ///< of the logarithm of 1 - value, such as for a momentum from 0.9 to 0.999
};

/// The range of a hyper-parameter that is a number. For a member of an integer type it contains whole numbers, both ends
/// included, each with the same share of the range in its scale.
///
///   f(Range{"rate", 1e-5, 1e-1, Scale::log}, s.rate)
///   f(Range{"layers", 1, 4}, s.layers)
///
///   linear:         value = low + u (high - low)                          u uniform in [0, 1]
///   log:            value = exp(log low + u (log high - log low))
///   one_minus_log:  1 - value on the log scale from 1 - low to 1 - high
///
/// Throws   DataError, by the search, for a range without a name, with ends that are not finite or not in increasing
///          order, with a low end of 0 or less for `log`, with a high end of 1 or more for `one_minus_log`, or for whole
///          numbers with an end that is none.
struct Range {
  std::string_view name;
  double low, high;
  Scale scale = Scale::linear;
};

/// The options of a hyper-parameter that is a choice: names for a member of an enumeration, in the order of its values,
/// for an index or for a string; or numbers.
///
///   f(Choice{"optimizer", {"adam", "momentum"}}, s.optimizer)
///   f(Choice{"batch size", {16, 32, 64}}, s.batch_size)
///
/// Throws   DataError, by the search, for a choice without a name, without options, or with an option twice.
struct Choice {
  std::string_view name;
  std::vector<std::string> options;
  std::vector<double> numbers;  ///< empty if the options are names

  Choice(std::string_view named, std::initializer_list<std::string_view> names)
      : name{named}, options(names.begin(), names.end()) {}
  Choice(std::string_view named, std::initializer_list<double> values) : name{named}, numbers{values} {
    for (const double value : values)
      options.push_back(detail::joined({detail::Formatted{value, std::chars_format::general, 15}}));
  }
};

namespace detail {

/// Throws DataError for a range that no value can be drawn from; `most` is the largest number of the member's type.
inline void expect_usable(const Range& r, bool whole, double most) {
  const auto reject = [&](Message problem, std::string_view cure) {
    throw_error<DataError>(joined({"Range \"", r.name, '"'}), problem, cure);
  };
  if (r.name.empty()) reject({"expected a name, got none"}, "name the hyper-parameter");
  if (!is_finite(r.low) || !is_finite(r.high))
    reject({"expected finite ends, got ", r.low, " and ", r.high}, "pass two numbers");
  if (r.low >= r.high)
    reject({"expected ends in increasing order, got ", r.low, " and ", r.high}, "swap or change them");
  if (r.scale == Scale::log && r.low <= 0)
    reject({"expected a positive low end for Scale::log, got ", r.low}, "raise it, or use Scale::linear");
  if (r.scale == Scale::one_minus_log && r.high >= 1)
    reject({"expected a high end below 1 for Scale::one_minus_log, got ", r.high},
           "lower it, or use Scale::linear");
  if (r.high > most || r.low < -most)
    reject({"expected ends that fit into the member, at most ", most, ", got ", r.low, " and ", r.high},
           "use a member of a larger type, or a smaller range");
  if (!whole) return;
  if (r.scale == Scale::one_minus_log)
    reject({"expected Scale::linear or Scale::log for whole numbers, got Scale::one_minus_log"},
           "use a member of a floating-point type");
  if (r.low != std::floor(r.low) || r.high != std::floor(r.high))
    reject({"expected whole numbers as ends, got ", r.low, " and ", r.high},
           "use a member of a floating-point type for other numbers");
}

inline void expect_usable(const Choice& c) {
  const auto reject = [&](Message problem, std::string_view cure) {
    throw_error<DataError>(joined({"Choice \"", c.name, '"'}), problem, cure);
  };
  if (c.name.empty()) reject({"expected a name, got none"}, "name the hyper-parameter");
  if (c.options.empty()) reject({"expected at least one option, got none"}, "list the options");
  for (auto a = c.options.begin(); a != c.options.end(); ++a)
    if (std::find(c.options.begin(), a, *a) != a)
      reject({"expected different options, got \"", *a, "\" twice"}, "remove one of them");
}

/// Returns the value on the axis on which a scale is linear.
inline double on_axis(Scale scale, double value) {
  return scale == Scale::linear ? value : scale == Scale::log ? std::log(value) : -std::log1p(-value);
}
inline double from_axis(Scale scale, double at) {
  return scale == Scale::linear ? at : scale == Scale::log ? std::exp(at) : -std::expm1(-at);
}

/// The ends of a range on its axis. Each whole number has the part from half a unit below it to half a unit above it;
/// the number at a low end of 1 or more on the log scale too.
struct Axis {
  Axis(const Range& r, bool whole)
      : scale{r.scale},
        low{on_axis(r.scale, r.low - (whole ? 0.5 : 0))},
        high{on_axis(r.scale, r.high + (whole ? 0.5 : 0))} {}

  /// Returns the position of a value in the range, from 0 to 1.
  double to_unit(double value) const {
    const double half = is_finite(high - low) ? 1 : 0.5;  // the width of the widest ranges overflows
    const double width = half * high - half * low;
    return width > 0 ? std::clamp((half * on_axis(scale, value) - half * low) / width, 0.0, 1.0) : 0;
  }
  double from_unit(double unit) const { return from_axis(scale, std::lerp(low, high, unit)); }

  Scale scale;
  double low, high;
};

/// Returns the value at a position in a range.
inline double value_at(const Range& r, bool whole, double unit) {
  const double value = Axis{r, whole}.from_unit(unit);
  return std::clamp(whole ? std::round(value) : value, r.low, r.high);
}

/// A type of member that `Range` can set.
template <class V>
concept RangeMember = std::floating_point<V> || (std::integral<V> && !std::same_as<V, bool>);

/// Throws DataError for a range whose values a member of type V cannot have.
template <RangeMember V>
void expect_usable_for(const Range& r, const V&) {
  constexpr double all_whole = 9007199254740992;  // 2^53: a double represents all whole numbers up to it
  const auto most = static_cast<double>(std::numeric_limits<V>::max());
  expect_usable(r, std::integral<V>, std::integral<V> ? std::min(most, all_whole) : most);
  if constexpr (std::unsigned_integral<V>)
    if (r.low < 0)
      throw_error<DataError>(joined({"Range \"", r.name, '"'}),
                             {"expected no negative numbers for an unsigned member, got ", r.low},
                             "raise the low end, or use a signed member");
}

/// Throws DataError for a choice whose options a member of type V cannot have.
template <class V>
void expect_usable_for(const Choice& c, const V&) {
  expect_usable(c);
  const auto reject = [&](Message problem, std::string_view cure) {
    throw_error<DataError>(joined({"Choice \"", c.name, '"'}), problem, cure);
  };
  if constexpr (std::same_as<V, bool>) {
    if (c.options.size() > 2)
      reject({"expected at most 2 options for a bool, got ", c.options.size()}, "use an enumeration");
  } else if constexpr (std::integral<V>) {
    for (const double number : c.numbers)
      if (!is_finite(number) || number != std::floor(number) || std::abs(number) > 1e9 ||
          static_cast<double>(static_cast<V>(static_cast<long long>(number))) != number)
        reject({"expected whole numbers that fit into the member, got ", number},
               "use a member of a floating-point type");
  } else if constexpr (std::floating_point<V>) {
    for (const double number : c.numbers)
      if (!is_finite(number)) reject({"expected finite numbers, got ", number}, "remove it");
  }
}

/// Sets a member to an option of a choice.
template <class V>
void choose(const Choice& c, std::size_t option, V& member) {
  if constexpr (std::is_enum_v<V> || std::same_as<V, bool>)
    member = static_cast<V>(option);
  else if constexpr (std::is_arithmetic_v<V>)
    member = c.numbers.empty() ? static_cast<V>(option) : static_cast<V>(c.numbers[option]);
  else
    member = c.options[option];
}

/// Returns the option that a member is set to, or the number of options if it is none of them.
template <class V>
std::size_t option_of(const Choice& c, const V& member) {
  for (std::size_t option = 0; option < c.options.size(); ++option) {
    V other{};
    choose(c, option, other);
    if (other == member) return option;
  }
  return c.options.size();
}

}  // namespace detail

}  // namespace descent
