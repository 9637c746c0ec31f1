#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the number of letters to insert, remove or replace to get from one word to another.
inline std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[to.size()];
}

/// Returns the name that is likely meant by a misspelled word; empty if none is near.
inline std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view nearest;
  std::size_t least = std::min<std::size_t>(word.size() / 3 + 1, 3) + 1;
  for (const std::string_view name : names)
    if (const std::size_t distance = edit_distance(word.substr(0, 40), name); distance < least) {
      least = distance;
      nearest = name;
    }
  return nearest;
}

}  // namespace descent::detail
