#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::detail {

/// Gives a metric that gathers something for each output as many entries as there are outputs. Throws ShapeError when
/// there were others before.
template <class Entry>
void make_room(std::string_view component, std::vector<Entry>& entries, Index outputs) {
  if (entries.empty()) entries.resize(static_cast<std::size_t>(outputs));
  if (static_cast<Index>(entries.size()) != outputs)
    throw ShapeError(component, joined("expected ", entries.size(), " outputs as before, got ", outputs),
                     "gather one network's outputs in one metric");
}

inline void expect_output(std::string_view component, Index wanted, Index outputs) {
  if (wanted < 0 || wanted >= outputs)
    throw DataError(component, joined("expected .of_output from 0 to ", outputs - 1, ", got ", wanted),
                    "outputs are numbered from 0");
}

/// The value of one output; not-a-number before the first sample.
inline double value_of_output(std::string_view component, Index wanted, const std::vector<double>& values) {
  if (values.empty()) return detail::not_a_number<double>();
  expect_output(component, wanted, static_cast<Index>(values.size()));
  return values[static_cast<std::size_t>(wanted)];
}

}  // namespace descent::detail
