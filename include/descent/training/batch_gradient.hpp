#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/backward.hpp"
#include "descent/core/concepts.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/thread_team.hpp"
#include "descent/training/non_finite.hpp"

namespace descent::detail {

/// The memory in which a worker computes with its samples.
template <Layer M>
struct Workspace {
  using T = typename M::Scalar;

  Matrix<T> x, y, dy;
  Vector<T> weights;
  typename M::Cache cache;
  Batch<T> prediction;
  WeightedSum cost;
};

/// Inputs, targets and weights of samples.
template <std::floating_point T>
struct Samples {
  Batch<T> x, y;
  SampleWeights<T> weights;
};

/// The cost and the gradient of mini-batches, computed by one worker or by several, each of which takes some of the
/// samples. Owns the working memory of both, and the threads.
///
/// The gradients of the workers are added in the order of ranks. dy is divided by the weight of the whole batch, so that
/// their sum is the gradient of the mean; layers that look at a whole batch sum over the team themselves.
template <Layer M>
class BatchGradient {
 public:
  using T = typename M::Scalar;
  /// Returns some of a batch's samples, which may be in the workspace.
  using Load = FunctionRef<Samples<T>(const Part&, Workspace<M>&)>;

  BatchGradient(const M& model, const Threads& threads)
      : team_{threads.start()},
        parameters_{parameter_count(model)},
        gradients_(static_cast<std::size_t>(team_->size()), zeros_like(model)),
        full_(gradients_.size()),
        rest_(gradients_.size()) {}

  int threads() const { return static_cast<int>(gradients_.size()); }
  M& gradient() { return gradients_[0]; }
  bool is_finite() const { return finite_; }

  /// Full batches and the smaller last one have a workspace each, so that no matrix changes its size from step to
  /// step. Returns the sum of the loss. The gradient is that of its mean, and 0 if no sample has a weight.
  WeightedSum compute(const M& model, const auto& loss, Index samples, bool full, const Pass::Training& at,
                      Load load) {
    shared_ = pays(samples);
    last_ = full ? &full_ : &rest_;
    workers().run([&](Team& worker) {
      const auto rank = static_cast<std::size_t>(worker.rank());
      Workspace<M>& work = (*last_)[rank];
      const Part part = part_of(samples, worker);
      Pass::Training here = at;
      here.first_sample += part.first;
      if (worker.size() > 1) here.team = &worker;

      const auto [x, y, weights] = load(part, work);
      const Pass pass = Pass::training(here);
      work.prediction = model.forward(x, work.cache, pass);
      work.cost = loss.value_and_gradient(work.prediction, y, work.dy, weights);
      double weight = work.cost.weight;
      if (worker.size() > 1) worker.all_reduce_sum(std::span{&weight, 1});
      divide_by_weight(work.dy, weight);
      backward_parameters(model, x, work.dy, work.cache, gradients_[rank], pass);
    });
    add_up();
    WeightedSum cost;
    for_each([&](const Workspace<M>& work) { cost += work.cost; });
    return cost;
  }

  /// Updates the state of the model, such as running statistics, after the last batch: of the whole batch every worker
  /// has the same.
  void update_state(M& model) const { descent::update_state(model, last_->front().cache); }

  /// Calls f(workspace) for each worker that took part in the last batch, in the order of its samples.
  void for_each(FunctionRef<void(const Workspace<M>&)> f) const {
    for (const Workspace<M>& work : *last_) {
      f(work);
      if (!shared_) return;
    }
  }

  /// Where numbers that are not finite begin in the last batch.
  [[gnu::cold]] std::string first_fault(M& model) const {
    ForwardFault first;
    bool found = false;
    for_each([&](const Workspace<M>& work) {
      ForwardFault fault = first_fault_forward(model, work.cache);
      if (!found || fault.depth < first.depth) first = std::move(fault);
      found = true;
    });
    return first.place;
  }

  /// The workers that computed the last batch: a single one if it was not worth more.
  Workers& workers() { return shared_ ? *team_ : single_; }

 private:
  /// Below some 10 million operations, about 100 microseconds, what threads save is less than what they wait.
  bool pays(Index samples) const {
    constexpr Index flop = 6, enough = 10'000'000;
    return threads() > 1 && samples >= 2 * threads() && flop * parameters_ * samples >= enough;
  }

  /// Sums the gradients into the first of them, and sees whether the sum is finite while it is in the cache.
  void add_up() {
    if (!shared_) {
      finite_ = faulty_parameters(gradient()).empty();
      return;
    }
    std::atomic<bool> finite = true;
    for (int rank = 1; rank < threads(); ++rank)
      team_->run([&](const Team& worker) {
        visit_leaves(gradient(), gradients_[static_cast<std::size_t>(rank)],
                     [&](const Leaf<T>& total, const Leaf<const T>& part) {
                       if (total.is_state()) return;
                       constexpr Index block = 256;
                       const auto [first, count] = part_of(total.size(), worker, 64);
                       for (Index i = first; i < first + count; i += block) {
                         const Part here{i, std::min(block, first + count - i)};
                         auto sum = total.array(here);
                         sum += part.array(here);
                         if (rank + 1 == threads() && !all_finite(sum)) finite = false;
                       }
                     });
      });
    finite_ = finite;
  }

  std::unique_ptr<Workers> team_;  // first: it refuses numbers of threads that cannot be
  Index parameters_;
  std::vector<M> gradients_;  // of each worker
  std::vector<Workspace<M>> full_, rest_, *last_ = &full_;
  SingleWorker single_;
  bool shared_ = false, finite_ = true;
};

}  // namespace descent::detail
