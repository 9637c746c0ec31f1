#pragma once

#include <type_traits>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Calls f(first, size) for blocks of 64, 16, 4 and single rows of a matrix; size is a `std::integral_constant`. The
/// sums of a block over the columns stay in registers; without blocks they would be loaded and stored once per
/// column.
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
