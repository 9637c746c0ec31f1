#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/training/augmentation.hpp"
#include "descent/training/callbacks.hpp"
#include "descent/training/checkpoint.hpp"
#include "descent/training/data_parallel.hpp"
#include "descent/training/early_stopping.hpp"
#include "descent/training/observer.hpp"
#include "descent/training/parts_option.hpp"
#include "descent/training/progress.hpp"
#include "descent/training/rate_factor.hpp"
#include "descent/training/sample_order.hpp"
#include "descent/training/validation.hpp"
#include "descent/transforms/any_transform.hpp"

namespace descent::inline DESCENT_ABI {

/// The batch size of full-batch training: each step takes the whole training set.
inline constexpr Index full_batch = std::numeric_limits<Index>::max();

/// The options of `fit` and `Trainer`.
///
/// Parts of a network are named by the paths of their parameters: `.frozen = {"0", "2.bias"}` leaves layer 0 and the
/// bias of layer 2 unchanged, whatever the optimizer, its weight decay or the constraint would do to them; their
/// gradient does not count in the norm that is clipped, and their weights have no penalty. A frozen `BatchNorm` keeps
/// its running statistics and normalizes by them. With several factors for a part, the first applies.
///
/// Throws   DataError before training when an option is out of range or two metrics have the same name.
/// Example  examples/01_digits.cpp
template <Layer M>
struct FitOptions {
  using T = typename M::Scalar;

  int epochs = 10;                         ///< passes through the training set
  Index batch_size = 32;                   ///< at most the training set; the last of an epoch may be smaller
  Validation<M> validation = {};           ///< address of a data set that is measured after each epoch
  std::vector<AnyMetric<T>> metrics = {};  ///< measured in addition to the loss

  AnyRegularizer<M> regularizer = {};  ///< penalty that is added to the loss, such as L2
  AnyTransform<M> clip = {};           ///< transform of each gradient, such as ClipByGlobalNorm
  AnyTransform<M> constraint = {};     ///< constraint on the weights after each step, such as MaxNorm
  Augmentation<T> augment = {};        ///< augmentation of the inputs, such as Augment

  PartsOption<M, std::string> frozen = {};  ///< names of layers and parameters that stay as they are
  PartsOption<M, RateFactor> rate_factors =
      {};  ///< learning rates of parts, relative to that of the optimizer

  int accumulate = 1;          ///< mini-batches whose gradients are averaged for one step
  double average_weights = 0;  ///< decay of the exponential average of weights that is evaluated; 0 for none

  std::optional<EarlyStopping> early_stopping = {};
  std::optional<ReduceOnPlateau> reduce_on_plateau = {};
  std::vector<Callback<StepEnd<M>>> on_step_end = {};  ///< if any, each step copies model and gradient
  std::vector<Callback<EpochEnd<M>>> on_epoch_end = {};
  Observer<M> observer = {};  ///< a Doctor or its address, or another observer

  CheckpointOptions checkpoint = {};  ///< file to resume from if the run is killed
  CheckpointPath resume_from = {};    ///< checkpoint to resume; empty for a new run

  DataParallel<M> communicator =
      {};  ///< address of the connection to other processes that train the same model
  bool sync_batch_norm =
      false;  ///< true: BatchNorm normalizes by the samples of all ranks, whose sets must be of equal size
  Threads threads = {};    ///< threads that share each operation of a large step; see docs/guide/speed.md
  bool shuffle = true;     ///< a new random order for each epoch
  SampleOrder order = {};  ///< a given order of the samples in place of a random one
  bool drop_last = false;  ///< omits the last batch of an epoch if it is smaller
  std::uint64_t seed = 0;  ///< seed of order, dropout and augmentation
  std::int64_t first_epoch = 0;  ///< first epoch of schedules, order and augmentation
  ProgressOptions progress = {};
};

namespace detail {

/// Throws DataError unless the number of the first epoch is in range.
inline void expect_first_epoch(std::int64_t epoch) {
  if (epoch < 0 || epoch > TrainingProgress::most)
    throw_error<DataError>("fit", {"expected .first_epoch from 0 to 2^62, got ", epoch},
                           "pass the number of epochs done before");
}

/// Throws DataError unless the options are in range.
template <Layer M>
[[gnu::cold]] void expect_usable(const FitOptions<M>& options) {
  expect_at_least_one({"fit", "accumulate", static_cast<double>(options.accumulate)});
  expect_at_least_one(
      {"fit", "threads", static_cast<double>(options.threads), "pass 1 for the calling thread alone"});
  expect_first_epoch(options.first_epoch);
  expect_share(
      {"fit", "average_weights", options.average_weights, "pass 0.999 to average over about 1000 steps"});
  expect_not_negative({"fit", "checkpoint.every_steps", static_cast<double>(options.checkpoint.every_steps)});
  expect_not_negative(
      {"fit", "checkpoint.every_seconds", options.checkpoint.every_seconds, "pass 0 for never"});
  for (auto m = options.metrics.begin(); m != options.metrics.end(); ++m)
    for (auto other = options.metrics.begin(); other != m; ++other)
      if (m->name() == other->name())
        throw_error<DataError>("fit",
                               {"expected metrics with different names, got two of \"", m->name(), '"'},
                               "set .name of one, or remove it");
  if (options.early_stopping) expect_usable(*options.early_stopping);
  if (const auto& rule = options.reduce_on_plateau) {
    expect_usable(*rule);
    expect_share({rule->name, "factor", rule->factor});
    expect_not_negative({rule->name, "minimum", rule->minimum});
  }
  if (options.batch_size < 1)
    throw_error<DataError>("fit", {"expected a batch size of at least 1, got ", options.batch_size},
                           "pass 32, or full_batch for all samples");
}

}  // namespace detail

}  // namespace descent
