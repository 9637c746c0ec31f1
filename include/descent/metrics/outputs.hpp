#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Resizes the entries of a metric, one per output or class, at the first batch. Throws ShapeError if their number
/// differs later.
template <class Entry>
void make_room(std::string_view component, std::vector<Entry>& entries, Index count,
               std::string_view unit = "outputs") {
  if (entries.empty()) entries.resize(static_cast<std::size_t>(count));
  if (static_cast<Index>(entries.size()) != count)
    throw ShapeError(component, joined("expected ", entries.size(), ' ', unit, " as before, got ", count),
                     "use a separate metric for each network");
}

/// Throws unless `wanted` is one of the outputs.
inline void expect_output(std::string_view component, Index wanted, Index outputs) {
  if (wanted < 0 || wanted >= outputs)
    throw DataError(component, joined("expected .of_output from 0 to ", outputs - 1, ", got ", wanted),
                    "count the outputs from 0");
}

/// Returns the value of one output; not-a-number before the first sample.
inline double value_of_output(std::string_view component, Index wanted, const std::vector<double>& values) {
  if (values.empty()) return detail::not_a_number<double>();
  expect_output(component, wanted, static_cast<Index>(values.size()));
  return values[static_cast<std::size_t>(wanted)];
}

}  // namespace descent::detail
