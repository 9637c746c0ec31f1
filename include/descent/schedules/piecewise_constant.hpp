#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Piecewise constant learning rate; t counts from 0.
///
///   alpha(t) = the value of the last change with from <= t, or initial before the first change
///
///   PiecewiseConstant{.initial = 0.1, .changes = {{.from = 30, .value = 0.01}, {.from = 60, .value = 0.001}}}
///
/// Throws   DataError when called, if t is negative, a value is negative or not finite, or if the changes are not in
///          order.
struct PiecewiseConstant {
  /// The learning rate from a step on.
  struct Change {
    std::int64_t from;
    double value;
  };

  double initial = 0.1;
  std::vector<Change> changes = {};

  double operator()(std::int64_t t) const {
    constexpr std::string_view name = "PiecewiseConstant";
    expect_time(name, t);
    expect_not_negative({name, "initial", initial});
    double value = initial;
    auto before = std::numeric_limits<std::int64_t>::min();
    for (const Change& change : changes) {
      expect_not_negative({name, "value", change.value});
      if (change.from <= before)
        throw DataError(
            name, detail::joined("expected changes in order of time, got ", change.from, " after ", before),
            "sort them, and give one value for each time");
      before = change.from;
      if (change.from <= t) value = change.value;
    }
    return value;
  }
};

}  // namespace descent
