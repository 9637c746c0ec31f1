#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "descent/core/types.hpp"
#include "descent/parallel/parts.hpp"

// The training sets of ranks, which may differ in length.

namespace descent::inline DESCENT_ABI::detail {

/// Returns the seed of what a rank draws for its own samples: their order and their augmentation.
inline std::uint64_t seed_of_rank(std::uint64_t seed, int rank) {
  return seed + 0xD1B54A32D192ED03 * static_cast<std::uint64_t>(rank);
}

/// Returns a part of the samples of a rank, which is shorter or empty after their end.
[[gnu::noinline]] inline std::span<const Index> part_of_order(std::span<const Index> order,
                                                              const Part& part) {
  const auto first = std::min(static_cast<std::size_t>(part.first), order.size());
  return order.subspan(first, std::min(static_cast<std::size_t>(part.count), order.size() - first));
}

}  // namespace descent::inline DESCENT_ABI::detail
