#pragma once

#include "descent/core/function_ref.hpp"
#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// Threads that share one operation after another: a product, an activation, the step of an optimizer.
class Workers {
 public:
  explicit Workers(int size) : size_{size} {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  virtual ~Workers() = default;

  /// The number of threads, the calling one included.
  int size() const { return size_; }

  /// Calls job(rank) for each rank 0, 1, ... size - 1, in parallel, and returns when all calls are done.
  void run(FunctionRef<void(int rank)> job) { run(size_, job); }
  /// Calls job(rank) for each rank 0, 1, ... count - 1, in parallel; count is from 1 to size.
  virtual void run(int count, FunctionRef<void(int rank)> job) = 0;

 private:
  int size_;
};

/// The calling thread alone.
class SingleThread final : public Workers {
 public:
  SingleThread() : Workers{1} {}
  using Workers::run;
  void run(int, FunctionRef<void(int rank)> job) override { job(0); }
};

/// The default of functions that can run in parallel. Has no state, so that all threads may use it.
inline SingleThread single_thread;

}  // namespace descent
