#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/partition.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/training/mini_batch.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A worker's part of a mini-batch: its working memory and its result.
template <Layer M>
struct PartOfBatch {
  using T = typename M::Scalar;
  struct Result {
    WeightedSum loss;
    Batch<T> prediction, target;
    SampleWeights<T> weights;
  };

  GatheredSamples<T> samples;
  Matrix<T> dy;
  typename M::Cache cache;
  Result result;
};

/// The mean loss of a mini-batch and its gradient. Refers to memory of the BatchGradient, which the next mini-batch
/// overwrites.
template <Layer M>
struct BatchResult {
  double loss, weight;  // the mean over the samples, and their total weight; a loss of 0 if that is 0
  M& gradient;          // of the mean loss
  bool gradient_is_finite;
  std::span<const PartOfBatch<M>> parts;  // in the order of the samples
  Workers& workers;                       // that computed them
  double penalty = 0;                     // of the regularizer, set by the trainer

  double objective() const { return loss + penalty; }

  /// Updates the state of the model, such as running statistics, which every part has for the whole mini-batch.
  void update_state(M& model) const { descent::update_state(model, parts.front().cache); }

  /// Finds the quantity that is not finite, and the layer or parameter where that begins.
  [[gnu::cold]] Fault fault(const M& model) const {
    if (is_finite(objective())) return {"gradient", not_a_number<double>(), first_fault_backward(gradient)};
    ForwardFault first;
    for (const auto& part : parts) {
      ForwardFault fault = first_fault_forward(model, part.cache);
      if (first.place.empty() || fault.depth < first.depth) first = std::move(fault);
    }
    return {"loss", objective(), first.place};
  }
};

/// Computes the mean loss of mini-batches and its gradient, on one thread or on several, each of which takes a part
/// of the samples. Owns the threads and the working memory.
///
/// The gradients of the workers are summed in the order of their ranks. Each dy is already divided by the weight of
/// the whole mini-batch, so the sum needs no weights. Layers that need the whole mini-batch, such as `BatchNorm`,
/// reduce over the workers themselves.
template <Layer M>
class BatchGradient {
 public:
  using T = typename M::Scalar;

  [[gnu::cold]] BatchGradient(const M& model, const Threads& threads)
      : workers_{threads.start()},
        parameters_{parameter_count(model)},
        gradients_(static_cast<std::size_t>(workers_->size()), zeros_like(model)),
        full_(gradients_.size()),
        partial_(gradients_.size()) {}

  int threads() const { return static_cast<int>(gradients_.size()); }

  /// Full batches and the smaller last one have separate working memory, so that no matrix is resized between steps.
  BatchResult<M> compute(const M& model, const auto& loss, const MiniBatch<T>& batch, bool is_full,
                         const Pass::Training& at) {
    const bool parallel = is_worth_threads(batch.size());
    Workers& workers = parallel ? *workers_ : single_;
    std::vector<PartOfBatch<M>>& parts = is_full ? full_ : partial_;
    workers.run([&](Worker& worker) {
      const auto rank = static_cast<std::size_t>(worker.rank());
      const Part part = part_of(batch.size(), worker);
      Pass::Training pass = at;
      pass.first_sample += part.first;
      if (worker.size() > 1) pass.worker = &worker;
      compute_part(model, loss, batch.part(part), worker, Pass::training(pass), parts[rank],
                   gradients_[rank]);
    });

    const std::span<const PartOfBatch<M>> used{parts.data(), static_cast<std::size_t>(workers.size())};
    WeightedSum sum;
    for (const auto& part : used) sum += part.result.loss;
    const bool is_finite = parallel ? sum_gradients() : non_finite_parameters(gradients_[0]).empty();
    return {sum.weight > 0 ? sum.mean() : 0, sum.weight, gradients_[0], is_finite, used, workers};
  }

 private:
  /// Runs forward pass, loss and backward pass for the samples of a worker.
  static void compute_part(const M& model, const auto& loss, const MiniBatch<T>& samples, Worker& worker,
                           const Pass& pass, PartOfBatch<M>& part, M& gradient) {
    const auto [x, y, weights] = samples.load(part.samples);
    const Batch<T> prediction = model.forward(x, part.cache, pass);
    const WeightedSum sum = loss.value_and_gradient(prediction, y, part.dy, weights);
    double weight = sum.weight;
    if (worker.size() > 1) worker.all_reduce_sum(std::span{&weight, 1});
    divide_by_weight(part.dy, weight);
    backward_parameters(model, x, part.dy, part.cache, gradient, pass);
    part.result = {sum, prediction, y, weights};
  }

  /// False below some 10 million operations, about 100 microseconds: synchronization then costs more than threads save.
  bool is_worth_threads(Index samples) const {
    constexpr Index flop = 6, enough = 10'000'000;
    return threads() > 1 && samples >= 2 * threads() && flop * parameters_ * samples >= enough;
  }

  /// Sums the gradients into the first one; true if the sum is finite, which is checked while it is in the CPU cache.
  bool sum_gradients() {
    std::atomic<bool> finite = true;
    for (int rank = 1; rank < threads(); ++rank)
      workers_->run([&](const Worker& worker) {
        visit_leaves(gradients_[0], gradients_[static_cast<std::size_t>(rank)],
                     [&](const Leaf<T>& total, const Leaf<const T>& part) {
                       if (total.is_state()) return;
                       constexpr Index block = 256;
                       const auto [first, count] = part_of(total.size(), worker, 64);
                       for (Index i = first; i < first + count; i += block) {
                         const Part here{i, std::min(block, first + count - i)};
                         for (Index k = i; k < i + here.count; ++k) total.data[k] += part.data[k];
                         if (rank + 1 == threads() && !all_finite(total.array(here))) finite = false;
                       }
                     });
      });
    return finite;
  }

  std::unique_ptr<Workers> workers_;  // first, because it rejects an impossible number of threads
  Index parameters_;
  std::vector<M> gradients_;  // of each worker
  std::vector<PartOfBatch<M>> full_, partial_;
  SingleWorker single_;
};

}  // namespace descent::detail
