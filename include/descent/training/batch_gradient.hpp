#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/backward.hpp"
#include "descent/core/concepts.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/thread_team.hpp"
#include "descent/training/non_finite.hpp"

namespace descent::detail {

/// The cost and the gradient of mini-batches, computed alone or by a team of threads, each of which takes some of the
/// samples. Owns the working memory of both, and the threads.
///
/// The gradients of the workers are added in the order of ranks. dy of a part is that of the whole batch, so that the
/// sum needs no weights; layers that look at a whole batch sum over the team themselves.
template <Layer M>
class BatchGradient {
 public:
  using T = typename M::Scalar;

  /// What a worker needs for its samples.
  struct Workspace {
    Matrix<T> x, y, dy;
    typename M::Cache cache;
    const Matrix<T>* prediction = nullptr;
    double cost = 0;  // summed over the samples
  };

  BatchGradient(const M& model, int threads) : parameters_{parameter_count(model)}, team_{threads} {
    for (int rank = 0; rank < threads; ++rank) workers_.push_back({zeros_like(model), {}, {}});
  }

  int threads() const { return static_cast<int>(workers_.size()); }
  M& gradient() { return workers_[0].gradient; }
  bool is_finite() const { return finite_; }

  /// Full batches and the smaller last one have a workspace each, so that no matrix changes its size from step to
  /// step. load(part, work) gives inputs and targets of some of the batch's samples. Returns the mean loss.
  double compute(const M& model, const auto& loss, Index samples, bool full, const Pass::Training& at,
                 auto&& load) {
    shared_ = pays(samples);
    full_ = full;
    workers().run([&](Team& worker) {
      Worker& own = workers_[static_cast<std::size_t>(worker.rank())];
      Workspace& work = full ? own.full : own.rest;
      const Part part = part_of(samples, worker);
      Pass::Training here = at;
      here.first_sample += part.first;
      if (worker.size() > 1) here.team = &worker;

      const auto& [x, y] = load(part, work);
      work.prediction = &model.forward(x, work.cache, Pass::training(here));
      work.cost =
          loss.value_and_gradient(Batch<T>{*work.prediction}, y, work.dy) * static_cast<double>(part.count);
      if (part.count != samples) work.dy *= T(part.count) / T(samples);
      backward_parameters(model, x, work.dy, work.cache, own.gradient);
    });
    add_up();
    double cost = 0;
    for_each([&](const Workspace& work) { cost += work.cost; });
    return cost / static_cast<double>(samples);
  }

  /// Calls f(workspace) for each worker that took part in the last batch, in the order of its samples.
  void for_each(auto&& f) {
    for (Worker& worker : workers_) {
      f(full_ ? worker.full : worker.rest);
      if (!shared_) return;
    }
  }

  /// Where numbers that are not finite begin in the last batch.
  std::string first_fault(const M& model) {
    ForwardFault first;
    bool found = false;
    for_each([&](const Workspace& work) {
      ForwardFault fault = first_fault_forward(model, work.cache);
      if (!found || fault.depth < first.depth) first = std::move(fault);
      found = true;
    });
    return first.place;
  }

  /// The team, or a team of one where the last batch was not worth more.
  ThreadTeam& workers() { return shared_ ? team_ : alone_; }

 private:
  struct Worker {
    M gradient;
    Workspace full, rest;
  };

  /// Below some 10 million operations, about 100 microseconds, what threads save is less than what they wait.
  bool pays(Index samples) const {
    constexpr Index flop = 6, enough = 10'000'000;
    return samples >= 2 * threads() && flop * parameters_ * samples >= enough;
  }

  /// The sum of the gradients, in the first of them; and whether it is finite, seen while it is in the cache.
  void add_up() {
    std::atomic<bool> finite = true;
    const auto look_at = [&](auto total) {
      if (!all_finite(total)) finite = false;
    };
    const int parts = workers().size();
    if (parts == 1) visit_parts(workers(), look_at, gradient());
    for (int rank = 1; rank < parts; ++rank)
      visit_parts(
          workers(),
          [&](auto total, auto part) {
            total += part;
            if (rank + 1 == parts) look_at(total);
          },
          gradient(), workers_[static_cast<std::size_t>(rank)].gradient);
    finite_ = finite;
  }

  Index parameters_;
  std::vector<Worker> workers_;
  ThreadTeam team_, alone_{1};
  bool shared_ = false, full_ = true, finite_ = true;
};

}  // namespace descent::detail
