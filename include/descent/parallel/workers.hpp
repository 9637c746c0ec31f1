#pragma once

#include <span>

#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// One of the workers of a data-parallel step, each on a part of the samples. A layer that needs a sum over the whole
/// batch calls `all_reduce_sum`; all workers must call it in the same order.
class Worker {
 public:
  virtual int rank() const = 0;  ///< the index of this worker: 0, 1, ... size - 1
  virtual int size() const = 0;  ///< the number of workers

  /// Replaces the values by their sums over all workers, added in the order of ranks, so that all get the same bits.
  virtual void all_reduce_sum(std::span<float> values) = 0;
  virtual void all_reduce_sum(std::span<double> values) = 0;

 protected:
  ~Worker() = default;
};

/// A pool of workers: `run` calls the job once in each and returns when all are done.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual int size() const = 0;
  virtual void run(FunctionRef<void(Worker&)> job) = 0;
};

/// The calling thread, as the only worker.
class SingleWorker final : public Workers, private Worker {
 public:
  void run(FunctionRef<void(Worker&)> job) override { job(*this); }
  int size() const override { return 1; }

 private:
  int rank() const override { return 0; }
  void all_reduce_sum(std::span<float>) override {}
  void all_reduce_sum(std::span<double>) override {}
};

}  // namespace descent
