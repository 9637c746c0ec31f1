#pragma once

#include <concepts>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/misfit.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/exchange.hpp"
#include "descent/training/rank_exchange.hpp"

namespace descent::inline DESCENT_ABI {

/// The address of a communicator as an option, or null for a single process. Only its conversion from an address
/// instantiates the code that ranks exchange numbers with, so that other programs do not compile it.
///
/// Each rank trains on its own shard, the training set that it passes, and all take the same steps: N ranks with a
/// batch size of B take those of one process with a batch size of N B, up to rounding. The mean loss and its gradient
/// are those of all samples of the step, by their weights. All ranks begin with the weights of rank 0.
///
/// Shards may differ in length: an epoch lasts as long as the longest, and a rank without samples takes part with a
/// weight of 0. Sample j of a mini-batch of rank r has the dropout mask of sample r B + j of one process. Each rank has
/// an order of its own, from `.seed` and the rank. `BatchNorm` normalizes by the samples of the rank, and its running
/// statistics are averaged over the ranks; with `.sync_batch_norm` it normalizes by those of all.
///
/// Loss, metrics and validation are those of all ranks, so that early stopping and other rules decide alike. Rank 0
/// alone shows progress and reads and writes checkpoints.
///
/// Throws   DataError on all ranks, before training, when their models or options differ, or when one of them rejects
///          its data. An error at a later step ends all ranks with its message.
/// Cost     for each step the gradient is sent and received twice, up to a factor of (N - 1) / N
/// Example  examples/16_mpi.cpp
template <Layer M>
class DataParallel {
 public:
  using T = typename M::Scalar;

  DataParallel() = default;
  template <std::derived_from<Communicator> C>
  DataParallel(C* ranks) {
    static constexpr detail::RankExchange<M> exchange;
    if (ranks == nullptr) return;
    ranks_ = ranks;
    if (ranks->size() > 1) exchange_ = &exchange;
  }
  template <detail::Misfit<DataParallel> C>
  DataParallel(const C&) {
    static_assert(detail::never<C>, "a .communicator is the address of a Communicator, such as &world");
  }

  Communicator& ranks() const { return *ranks_; }

  /// Returns the sums over the ranks.
  WeightedSum sum(const WeightedSum& own) const { return exchange_ ? exchange_->sum(*ranks_, own) : own; }
  Index sum(Index own) const {
    return exchange_ ? static_cast<Index>(exchange_->sum(*ranks_, {static_cast<double>(own), 0}).sum) : own;
  }
  /// Replaces a gradient by its sum over the ranks. `memory` is for the numbers that are sent.
  void sum(M& gradient, std::vector<T>& memory) const {
    if (exchange_) exchange_->sum(*ranks_, gradient, memory);
  }
  /// Returns the sum of the gradients of the other ranks, for a rank without samples; false if it is not finite.
  bool sum_of_others(M& gradient, std::vector<T>& memory) const {
    return !exchange_ || exchange_->sum_of_others(*ranks_, gradient, memory);
  }
  /// Replaces the state of a model, such as running statistics, by its mean over the ranks, weighted by their samples.
  void average_state(M& model, Index samples, std::vector<T>& memory) const {
    if (exchange_) exchange_->average_state(*ranks_, model, samples, memory);
  }
  /// Merges the metrics of all ranks.
  void merge(std::vector<AnyMetric<T>>& metrics) const {
    if (exchange_) exchange_->merge(*ranks_, metrics);
  }
  /// Visits the metrics of all ranks, for a checkpoint.
  void visit(Archive& a, std::vector<AnyMetric<T>>& metrics) const {
    if (exchange_) return exchange_->visit(*ranks_, a, metrics);
    for (AnyMetric<T>& metric : metrics) a(metric.name(), metric);
  }

  /// Calls f on each rank. If it throws on one, all ranks throw.
  void together(FunctionRef<void()> f) const { exchange_ ? exchange_->together(*ranks_, f) : f(); }
  /// Copies model and optimizer from rank 0, or from the checkpoint if there is one. Throws DataError unless all ranks
  /// have the same model.
  void begin(const M& model, detail::Checkpointed& run, const CheckpointPath& resume_from) const {
    if (exchange_) return exchange_->begin(*ranks_, model, run, resume_from);
    if (!resume_from.empty()) resume_from.load(run, solo);
  }
  /// Throws DataError unless all ranks have the same options.
  void expect_same(const FitOptions<M>& options, const M& model, int epochs,
                   const detail::Learner& learner) const {
    if (exchange_) exchange_->expect_same(*ranks_, options, model, epochs, learner);
  }

  /// Throws DataError on all ranks unless all have as many samples.
  void expect_equal(Index samples) const {
    if (exchange_) exchange_->expect_equal(*ranks_, samples);
  }

  /// The index of a part's first column in the mini-batch of all ranks.
  Index first_sample(const Part& part) const {
    return ranks_->size() * part.first + ranks_->rank() * part.count;
  }

 private:
  Communicator* ranks_ = &solo;
  const detail::Exchange<M>* exchange_ = nullptr;
};

}  // namespace descent
