#pragma once

#include <type_traits>

#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

namespace descent::inline DESCENT_ABI {

/// Calls f(first, size) for blocks of 64, 16, 4 and single rows of a matrix [rows, columns], in parallel; size is a
/// `std::integral_constant`. The sums of a block over the columns stay in registers; without blocks they would be
/// loaded and stored once per column.
void for_row_blocks(Workers& workers, Index rows, Index columns, auto&& f) {
  for_parts(workers, {.count = rows, .values_each = columns, .multiple = 16}, [&](const Part& part) {
    Index i = part.first;
    const auto blocks_of = [&](auto size) {
      for (; i + size <= part.first + part.count; i += size) f(i, size);
    };
    blocks_of(std::integral_constant<int, 64>{});
    blocks_of(std::integral_constant<int, 16>{});
    blocks_of(std::integral_constant<int, 4>{});
    blocks_of(std::integral_constant<int, 1>{});
  });
}

}  // namespace descent
