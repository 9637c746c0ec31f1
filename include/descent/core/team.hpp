#pragma once

#include <algorithm>
#include <span>

#include "descent/core/function_ref.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// Workers that do a step together, each on a part of the samples, as one of them sees it. A layer that needs
/// something of the whole batch sums it over the team; all workers do so in the same order.
class Team {
 public:
  virtual int rank() const = 0;  ///< which of the workers this is: 0, 1, ... size - 1
  virtual int size() const = 0;

  /// Replaces the values by their sums over all workers, added in the order of ranks: the same bits in each.
  virtual void all_reduce_sum(std::span<float> values) = 0;
  virtual void all_reduce_sum(std::span<double> values) = 0;

 protected:
  ~Team() = default;
};

/// Workers that run a job together: each calls it once, and `run` returns when all are done.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual int size() const = 0;
  virtual void run(FunctionRef<void(Team&)> job) = 0;
};

/// The calling thread, as the only worker.
class SingleWorker final : public Workers, private Team {
 public:
  void run(FunctionRef<void(Team&)> job) override { job(*this); }
  int size() const override { return 1; }

 private:
  int rank() const override { return 0; }
  void all_reduce_sum(std::span<float>) override {}
  void all_reduce_sum(std::span<double>) override {}
};

/// A single worker: what work is shared among when there is no team.
struct Alone {
  static int rank() { return 0; }
  static int size() { return 1; }
  void run(auto&& job) const { job(*this); }
};

/// A part of a range.
struct Part {
  Index first, count;
};

/// The part that a worker has of `total` things, in whole multiples of `multiple`: the first ones have more.
Part part_of(Index total, const auto& worker, Index multiple = 1) {
  const Index size = worker.size();
  if (size == 1) return {0, total};
  const Index units = (total + multiple - 1) / multiple;
  const auto begin = [&](Index rank) { return std::min(total, (units * rank + size - 1) / size * multiple); };
  const Index first = begin(worker.rank());
  return {first, begin(worker.rank() + 1) - first};
}

}  // namespace descent
