#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/losses/scored_samples.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/training/data_parallel.hpp"
#include "descent/training/mini_batch.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The mean loss of a mini-batch and its gradient. Refers to memory of the BatchGradient, which the next mini-batch
/// overwrites.
template <Layer M>
struct BatchResult {
  using T = typename M::Scalar;

  double loss, weight;  // the mean over the samples of all ranks, and their weight; a loss of 0 if that is 0
  M& gradient;          // of the mean loss
  bool gradient_is_finite;
  Batch<T> prediction, target;  // of this rank, by time steps if the targets are; it may have no samples
  SampleWeights<T> weights;
  const typename M::Cache& cache;
  Workers& workers;    // that computed them
  double penalty = 0;  // of the regularizer, set by the trainer

  double objective() const { return loss + penalty; }

  /// Finds the quantity that is not finite, and the layer or parameter where that begins.
  [[gnu::cold]] Fault fault(const M& model) const {
    if (is_finite(objective())) return {"gradient", not_a_number<double>(), first_fault_backward(gradient)};
    return {"loss", objective(), first_fault_forward(model, cache)};
  }
};

/// Computes the mean loss of mini-batches and its gradient. Owns the threads that share each operation, and the
/// working memory.
template <Layer M>
class BatchGradient {
 public:
  using T = typename M::Scalar;

  [[gnu::cold]] BatchGradient(const M& model, const Threads& threads)
      : workers_{threads.start()}, parameters_{parameter_count(model)}, gradient_{zeros_like(model)} {}

  Workers& workers() { return *workers_; }
  /// Memory for numbers that are sent to other ranks.
  std::vector<T>& sent() { return sent_; }

  /// Full batches and the smaller last one have separate working memory, so that no matrix is resized between steps.
  BatchResult<M> compute(const M& model, const auto& loss, const MiniBatch<T>& batch, bool is_full,
                         Pass::Training at, const DataParallel<M>& ranks) {
    if (batch.size() == 0) return compute_nothing(ranks);
    Workers& workers = is_worth_threads(batch.positions()) ? *workers_ : single_thread;
    at.workers = &workers;
    const Pass pass = Pass::training(at);
    Memory& memory = is_full ? full_ : partial_;

    const auto [x, y, weights] = batch.load(memory.samples, workers);
    const Batch<T> prediction = model.forward(x, memory.cache, pass);
    const Scored<T> scored = scored_samples(prediction, y, weights, memory.scored);
    const WeightedSum own = [&]() -> WeightedSum {
      if (scored.prediction.samples() == 0)
        return memory.dy.setZero(prediction.rows(), prediction.cols()), WeightedSum{};
      const Batch<T>&of = scored.prediction, &target = scored.target;
      if constexpr (requires { loss.value_and_gradient(of, target, memory.dy, scored.weights, workers); })
        return loss.value_and_gradient(of, target, memory.dy, scored.weights, workers);
      else
        return loss.value_and_gradient(of, target, memory.dy, scored.weights);
    }();
    const WeightedSum sum = ranks.sum(own);
    divide_by_weight(memory.dy, sum.weight);
    const Batch<T> dy = memory.dy.cols() != prediction.cols() && memory.dy.size() == prediction.size()
                            ? prediction.with_numbers(memory.dy)
                            : Batch<T>{memory.dy};
    backward_parameters(model, x, dy, memory.cache, gradient_, pass);
    ranks.sum(gradient_, sent_);
    return {mean_of(sum),
            sum.weight,
            gradient_,
            all_parameters_finite(gradient_, workers),
            scored.prediction,
            scored.target,
            scored.weights,
            memory.cache,
            workers};
  }

 private:
  /// Takes part in a mini-batch for which this rank has no more samples.
  [[gnu::cold]] BatchResult<M> compute_nothing(const DataParallel<M>& ranks) {
    const WeightedSum sum = ranks.sum(WeightedSum{});
    const bool finite = ranks.sum_of_others(gradient_, sent_);
    return {mean_of(sum), sum.weight, gradient_, finite, {}, {}, {}, partial_.cache, *workers_};
  }
  static double mean_of(const WeightedSum& sum) { return sum.weight > 0 ? sum.mean() : 0; }

  struct Memory {
    GatheredSamples<T> samples;
    ScoredMemory<T> scored;
    Matrix<T> dy;
    typename M::Cache cache;
  };

  /// False below some 10 million operations, about 100 microseconds: synchronization then costs more than threads save.
  bool is_worth_threads(Index positions) const {
    constexpr Index flop = 6, enough = 10'000'000;
    return workers_->size() > 1 && flop * parameters_ * positions >= enough;
  }

  std::unique_ptr<Workers> workers_;  // first, because it rejects an impossible number of threads
  Index parameters_;
  M gradient_;
  Memory full_, partial_;
  std::vector<T> sent_;
};

}  // namespace descent::detail
