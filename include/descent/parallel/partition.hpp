#pragma once

#include <algorithm>

#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The calling thread as the only worker: the default of functions that can run in parallel.
struct SingleThread {
  static int rank() { return 0; }
  static int size() { return 1; }
  void run(auto&& job) const { job(*this); }
};

/// A part of a range.
struct Part {
  Index first, count;
};

/// Returns the part of `total` items that a worker handles. Parts begin at multiples of `multiple`; the first workers
/// get the larger parts.
Part part_of(Index total, const auto& worker, Index multiple = 1) {
  const Index size = worker.size();
  if (size == 1) return {0, total};
  const Index units = (total + multiple - 1) / multiple;
  const auto begin = [&](Index rank) { return std::min(total, (units * rank + size - 1) / size * multiple); };
  const Index first = begin(worker.rank());
  return {first, begin(worker.rank() + 1) - first};
}

}  // namespace descent
