#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/data/dataset.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/regularizers/any_limit.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/progress.hpp"

namespace descent {

/// `.batch_size = full_batch` takes the whole training set for each step.
inline constexpr Index full_batch = std::numeric_limits<Index>::max();

/// Changes the inputs of a mini-batch before it is learnt from: x, the numbers of its samples, seed, epoch.
template <class T>
using Augmentation = std::function<void(Matrix<T>&, std::span<const Index>, std::uint64_t, std::int64_t)>;

/// How `fit` and `Trainer` train.
template <Layer M>
struct FitOptions {
  using T = typename M::Scalar;

  int epochs = 10;                         ///< passes through the training set
  Index batch_size = 32;                   ///< the last batch of an epoch may be smaller
  const Dataset<T>* validation = nullptr;  ///< measured after each epoch
  std::vector<AnyMetric<T>> metrics = {};  ///< measured beside the loss

  AnyRegularizer<M> regularizer = {};  ///< added to the cost, such as L2
  AnyLimit<M> clip = {};               ///< of each gradient, such as ClipByGlobalNorm
  AnyLimit<M> constraint = {};         ///< of the weights after each step, such as MaxNorm
  Augmentation<T> augment = {};        ///< of the inputs, such as Augment

  int accumulate = 1;          ///< mini-batches whose gradients are averaged for one step
  double average_weights = 0;  ///< share of the old in an average of weights to evaluate; 0 for none

  std::optional<EarlyStopping> early_stopping = {};
  std::optional<ReduceOnPlateau> reduce_on_plateau = {};
  std::vector<Callback<BatchEnd>> on_batch_end = {};
  std::vector<Callback<EpochEnd<M>>> on_epoch_end = {};

  CheckpointOptions checkpoint = {};  ///< a file to go on from, should the run be killed
  std::string resume_from = {};       ///< such a file; a new run without it

  int threads = 1;         ///< that share each batch, where it is large enough; see docs/guide/speed.md
  bool shuffle = true;     ///< a new order for each epoch
  std::uint64_t seed = 0;  ///< of order, dropout and augmentation
  ProgressOptions progress = {};
};

namespace detail {

/// Throws unless a training set of so many samples can be learnt with these options.
template <Layer M>
void expect_usable(const FitOptions<M>& options, Index samples) {
  expect_at_least_one({"fit", "accumulate", static_cast<double>(options.accumulate)});
  expect_at_least_one(
      {"fit", "threads", static_cast<double>(options.threads), "1 is no thread but the caller's"});
  expect_share({"fit", "average_weights", options.average_weights, "0.999 averages over about 1000 steps"});
  expect_not_negative({"fit", "checkpoint.every_steps", static_cast<double>(options.checkpoint.every_steps)});
  expect_not_negative({"fit", "checkpoint.every_seconds", options.checkpoint.every_seconds, "0 is never"});
  for (auto m = options.metrics.begin(); m != options.metrics.end(); ++m)
    for (auto other = options.metrics.begin(); other != m; ++other)
      if (m->name() == other->name())
        throw DataError("fit", concat("expected metrics of different names, got two of \"", m->name(), '"'),
                        "name them apart by .name, or leave one out");
  if (options.early_stopping) expect_usable(*options.early_stopping);
  if (const auto& rule = options.reduce_on_plateau) {
    expect_usable(*rule);
    expect_share({rule->name, "factor", rule->factor});
    expect_not_negative({rule->name, "minimum", rule->minimum});
  }
  if (options.batch_size < 1)
    throw DataError("fit", concat("expected a batch size of at least 1, got ", options.batch_size),
                    "32 is a good start; full_batch takes all samples");
  if (options.batch_size > samples && options.batch_size != full_batch)
    throw DataError("fit",
                    concat("expected a batch size of at most the ", samples, " training samples, got ",
                           options.batch_size),
                    "choose a smaller one, or full_batch for all samples");
}

}  // namespace detail

}  // namespace descent
