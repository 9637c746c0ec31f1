#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/workers.hpp"

// Loops that workers share. An operation is divided by its result, so that no two workers write to one number and
// nothing has to be summed over them: any number of workers computes the same bits.

namespace descent::inline DESCENT_ABI {

/// A part of a range.
struct Part {
  Index first, count;
};

/// Returns part `rank` of `parts` about equal parts of a range of `total` items. Parts begin at multiples of
/// `multiple`; the first ones are the larger.
inline Part part_of(Index total, Index rank, Index parts, Index multiple = 1) {
  if (parts == 1) return {0, total};
  const Index units = (total + multiple - 1) / multiple;
  const auto begin = [&](Index part) {
    return std::min(total, (units * part + parts - 1) / parts * multiple);
  };
  const Index first = begin(rank);
  return {first, begin(rank + 1) - first};
}

/// A range of items for a loop in parallel.
struct Items {
  Index count;
  Index values_each = 1;  ///< the numbers that are computed for an item
  Index multiple = 1;     ///< parts begin at multiples of it
};

namespace detail {
/// `for_parts` for several threads.
inline void divide(Workers& workers, const Items& items, FunctionRef<void(const Part&)> f) {
  constexpr Index least = 4096;
  const Index parts = std::min<Index>(workers.size(), items.count * items.values_each / least);
  if (parts <= 1) return f({0, items.count});
  workers.run(static_cast<int>(parts), [&](int rank) {
    const Part part = part_of(items.count, rank, parts, items.multiple);
    if (part.count > 0) f(part);
  });
}
}  // namespace detail

/// Calls f(part) for parts that cover the range, in parallel, and returns when all calls are done. A worker gets some
/// thousand numbers at least: to wake a thread for less takes longer than to compute them.
void for_parts(Workers& workers, const Items& items, auto&& f) {
  if (workers.size() == 1)
    f(Part{0, items.count});
  else
    detail::divide(workers, items, f);
}

/// Calls f(j) for each column of a matrix [rows, columns], in parallel.
void for_columns(Workers& workers, Index rows, Index columns, auto&& f) {
  for_parts(workers, {.count = columns, .values_each = rows}, [&](const Part& part) {
    for (Index j = part.first; j < part.first + part.count; ++j) f(j);
  });
}

/// Calls f(part) for parts of `count` numbers, in parallel. Parts begin at multiples of 64 numbers, so that no two
/// workers write to one cache line and vector instructions see the same groups of numbers.
void for_numbers(Workers& workers, Index count, auto&& f) {
  for_parts(workers, {.count = count, .multiple = 64}, f);
}

/// Returns the sum of f(part) over parts of `count` numbers, computed in parallel. The parts depend on the count alone.
inline double sum_over_numbers(Workers& workers, Index count, FunctionRef<double(const Part&)> f) {
  constexpr Index most = 64, least = 8192;
  const Index size = std::max(least, (count + 64 * most - 1) / (64 * most) * 64);
  const Index parts = (count + size - 1) / size;
  std::array<double, most> sums;
  for_parts(workers, {.count = parts, .values_each = size}, [&](const Part& part) {
    for (Index k = part.first; k < part.first + part.count; ++k)
      sums[static_cast<std::size_t>(k)] = f({k * size, std::min(size, count - k * size)});
  });
  double sum = 0;
  for (Index k = 0; k < parts; ++k) sum += sums[static_cast<std::size_t>(k)];
  return sum;
}

}  // namespace descent
