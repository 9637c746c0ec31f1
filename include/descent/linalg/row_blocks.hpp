#pragma once

#include <type_traits>

#include "descent/core/types.hpp"

namespace descent {

/// Calls f(first, size) for the rows of a matrix in strips of 64, 16, 4 and single rows; size is an
/// `std::integral_constant`. What is added up for each row over the columns stays in registers for a whole strip;
/// column by column it would go through memory for each column.
void for_row_blocks(Index rows, auto&& f) {
  Index i = 0;
  const auto blocks_of = [&](auto size) {
    for (; i + size <= rows; i += size) f(i, size);
  };
  blocks_of(std::integral_constant<int, 64>{});
  blocks_of(std::integral_constant<int, 16>{});
  blocks_of(std::integral_constant<int, 4>{});
  blocks_of(std::integral_constant<int, 1>{});
}

}  // namespace descent
