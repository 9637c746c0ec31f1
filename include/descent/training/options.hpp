#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/training/augmentation.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/progress.hpp"
#include "descent/training/sample_order.hpp"
#include "descent/transforms/any_transform.hpp"

namespace descent {

/// `.batch_size = full_batch` takes the whole training set for each step.
inline constexpr Index full_batch = std::numeric_limits<Index>::max();

/// The options of `fit` and `Trainer`.
template <Layer M>
struct FitOptions {
  using T = typename M::Scalar;

  int epochs = 10;                         ///< passes through the training set
  Index batch_size = 32;                   ///< at most the training set; the last of an epoch may be smaller
  const Dataset<T>* validation = nullptr;  ///< measured after each epoch
  std::vector<AnyMetric<T>> metrics = {};  ///< measured besides the loss

  AnyRegularizer<M> regularizer = {};  ///< a penalty that is added to the loss, such as L2
  AnyTransform<M> clip = {};           ///< of each gradient, such as ClipByGlobalNorm
  AnyTransform<M> constraint = {};     ///< of the weights after each step, such as MaxNorm
  Augmentation<T> augment = {};        ///< of the inputs, such as Augment

  int accumulate = 1;          ///< mini-batches whose gradients are averaged for one step
  double average_weights = 0;  ///< share of the old weights in an average to evaluate; 0 for none

  std::optional<EarlyStopping> early_stopping = {};
  std::optional<ReduceOnPlateau> reduce_on_plateau = {};
  std::vector<Callback<StepEnd<M>>> on_step_end =
      {};  ///< copies model and gradient in each step if not empty
  std::vector<Callback<EpochEnd<M>>> on_epoch_end = {};

  CheckpointOptions checkpoint = {};  ///< a file to go on from, should the run be killed
  CheckpointPath resume_from = {};    ///< a checkpoint to go on from; empty for a new run

  Threads threads = {};    ///< that share each batch, where it is large enough; see docs/guide/speed.md
  bool shuffle = true;     ///< a new order for each epoch
  SampleOrder order = {};  ///< a given order of the samples in place of a shuffled one
  bool drop_last = false;  ///< leaves out the last batch of an epoch if it is smaller
  std::uint64_t seed = 0;  ///< of order, dropout and augmentation
  std::int64_t first_epoch =
      0;  ///< number of the first epoch, from which schedules, order and augmentation go on
  ProgressOptions progress = {};
};

namespace detail {

/// Throws unless the number of the first epoch is in range.
inline void expect_first_epoch(std::int64_t epoch) {
  if (epoch < 0 || epoch > TrainingProgress::most)
    throw_error<DataError>("fit", {"expected .first_epoch from 0 to 2^62, got ", epoch},
                           "pass the number of epochs done before");
}

/// Throws unless these options make sense.
template <Layer M>
[[gnu::cold]] void expect_usable(const FitOptions<M>& options) {
  expect_at_least_one({"fit", "accumulate", static_cast<double>(options.accumulate)});
  expect_at_least_one(
      {"fit", "threads", static_cast<double>(options.threads), "1 is no thread but the caller's"});
  expect_first_epoch(options.first_epoch);
  expect_share({"fit", "average_weights", options.average_weights, "0.999 averages over about 1000 steps"});
  expect_not_negative({"fit", "checkpoint.every_steps", static_cast<double>(options.checkpoint.every_steps)});
  expect_not_negative({"fit", "checkpoint.every_seconds", options.checkpoint.every_seconds, "0 is never"});
  for (auto m = options.metrics.begin(); m != options.metrics.end(); ++m)
    for (auto other = options.metrics.begin(); other != m; ++other)
      if (m->name() == other->name())
        throw_error<DataError>("fit", {"expected metrics of different names, got two of \"", m->name(), '"'},
                               "name them apart by .name, or leave one out");
  if (options.early_stopping) expect_usable(*options.early_stopping);
  if (const auto& rule = options.reduce_on_plateau) {
    expect_usable(*rule);
    expect_share({rule->name, "factor", rule->factor});
    expect_not_negative({rule->name, "minimum", rule->minimum});
  }
  if (options.batch_size < 1)
    throw_error<DataError>("fit", {"expected a batch size of at least 1, got ", options.batch_size},
                           "32 is a good start; full_batch takes all samples");
}

}  // namespace detail

}  // namespace descent
