#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/inference/predict.hpp"
#include "descent/training/loop_state.hpp"
#include "descent/training/options.hpp"
#include "descent/training/parts_option.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Throws DataError or ShapeError unless the data set fits the model, the loss and the metrics and has the names of the
/// training set.
template <Layer M>
[[gnu::cold]] void check_data(const M& model, const auto& loss, const FitOptions<M>& options,
                              const Dataset<typename M::Scalar>& data, std::string_view role,
                              const Dataset<typename M::Scalar>& train) {
  expect_data(model, data, "fit", role);
  expect_same_names(train, data, "fit", role);
  check_loss_and_metrics(loss, options.metrics, model, data, "fit", role);
}

/// Throws DataError or ShapeError unless model, loss, options and data fit together.
template <Layer M>
[[gnu::cold]] void check_run(const M& model, const auto& loss, const FitOptions<M>& options,
                             const Dataset<typename M::Scalar>& train, int epochs) {
  if (epochs < 0)
    throw_error<DataError>("fit", {"expected 0 epochs or more, got ", epochs}, "pass .epochs of 0 or more");
  check_data(model, loss, options, train, "the training set", train);
  if (options.validation != nullptr)
    check_data(model, loss, options, *options.validation, "the validation set", train);
  expect_usable(options);
  if (const auto rule = parts_rule(options)) rule->expect_names(model, options);
}

/// Throws DataError unless `plan` is the plan of the epoch in progress, if any, and the model accepts the last batch
/// of an epoch, which would otherwise fail only at its end.
template <Layer M>
[[gnu::cold]] void check_epoch(const M& model, const Dataset<typename M::Scalar>& train,
                               const EpochPlan& plan, const std::optional<Epoch>& in_progress,
                               const FrozenLayers* frozen) {
  if (in_progress) in_progress->plan.expect_same(plan);
  const auto last = static_cast<Index>(plan.samples_used() % plan.batch_size);
  if (last == 0) return;
  typename M::Cache cache;
  try {
    model.forward(train.inputs().columns(0, std::min(last, train.samples())), cache,
                  Pass::training({.frozen = frozen}));
  } catch (const DataError& error) {
    throw_error<DataError>(
        "fit", {"the last batch of an epoch has ", last, " of ", plan.samples, " samples: ", error.what()},
        "set .drop_last = true to leave it out");
  }
}

/// Throws DataError or ShapeError unless a batch for `Trainer::step` fits the model and has one target and one valid
/// weight for each sample.
template <Layer M>
void check_step(const M& model, const Batch<typename M::Scalar>& x, const Batch<typename M::Scalar>& y,
                SampleWeights<typename M::Scalar> weights) {
  expect_shape(model, x, "Trainer::step");
  if (y.cols() != x.cols())
    throw_error<ShapeError>("Trainer::step",
                            {"expected a target for each of the ", x.cols(), " samples, got ", y.cols()},
                            "pass x as [features, samples] and y as [targets, samples]");
  expect_weights("Trainer::step", weights, x.samples());
  expect_weight_values("Trainer::step", weights, "the batch");
}

}  // namespace descent::detail
