#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/rules/first_look.hpp"
#include "descent/diagnosis/rules/kernel_ridge.hpp"
#include "descent/diagnosis/rules/labels.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"
#include "descent/diagnosis/rules/results.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/steps.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/training/estimate_statistics.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"

// The rules that `Doctor` applies at the end of a run.
namespace descent::inline DESCENT_ABI::detail {

/// Returns the largest weight of the old value in the running averages of a BatchNorm in the layer, or 0 without one.
inline double largest_momentum(const LayerDescription& layer) {
  double momentum = 0;
  if (layer.type == "BatchNorm")
    for (const auto& [name, value] : layer.options)
      if (name == "momentum") momentum = value;
  for (const auto& [name, part] : layer.layers) momentum = std::max(momentum, largest_momentum(part));
  return momentum;
}

/// True if the running statistics are the initial ones, mean 0 and variance 1.
template <Layer M>
bool has_initial_statistics(const M& model) {
  bool initial = true;
  visit_leaves(const_cast<M&>(model), [&](const auto& leaf) {  // only reads
    const std::string path = leaf.name().path();
    if (!path.ends_with("running_mean") && !path.ends_with("running_variance")) return;
    const double value = path.ends_with("variance") ? 1 : 0;
    for (Index i = 0; i < leaf.size(); ++i) initial = initial && static_cast<double>(leaf.data[i]) == value;
  });
  return initial;
}

/// Compares the running statistics of each BatchNorm with those of some samples, and returns the one that is most off.
template <Layer M>
RunningStatistics compare_statistics(const M& model, const Batch<typename M::Scalar>& x) {
  M estimated = model;
  estimate_statistics(estimated, x);
  RunningStatistics worst;
  std::vector<double> distances;
  visit_leaves(estimated, model, [&](const auto& data, const auto& running) {
    if (!data.is_state()) return;
    const std::string path = data.name().path();
    const auto each = [&](auto f) {
      std::vector<double> values;
      for (Index i = 0; i < data.size(); ++i)
        values.push_back(f(static_cast<double>(running.data[i]), static_cast<double>(data.data[i])));
      return values;
    };
    constexpr double epsilon = 1e-5;
    if (path.ends_with("running_mean")) {
      distances = each([](double run, double now) { return std::abs(run - now); });
    } else if (path.ends_with("running_variance") &&
               distances.size() == static_cast<std::size_t>(data.size())) {
      for (Index i = 0; i < data.size(); ++i)
        distances[static_cast<std::size_t>(i)] /= std::sqrt(static_cast<double>(data.data[i]) + epsilon);
      const double mean = median(distances);
      const double factor = std::exp(median(each(
          [](double run, double now) { return std::abs(std::log((run + epsilon) / (now + epsilon))); })));
      if (worst.path.empty() ||
          mean / limit::statistics_mean + factor / limit::statistics_variance >
              worst.mean / limit::statistics_mean + worst.variance / limit::statistics_variance)
        worst = {.path = path.substr(0, path.size() - std::string_view{".running_variance"}.size()),
                 .mean = mean,
                 .variance = factor};
    }
  });
  return worst;
}

/// The predictions of a trained model for some samples of a data set, or for their time steps without the padding.
template <class T>
struct Predicted {
  Dataset<T> samples;
  Targets targets;
  Matrix<T> outputs;
  Quality quality;
  bool by_step = false;
};

/// Predicts at most `most` samples of a data set.
template <Layer M>
Predicted<typename M::Scalar> predicted(const M& model, const Dataset<typename M::Scalar>& data, Index most,
                                        OutputKind outputs, OutputKind expected, Workers& workers) {
  using T = typename M::Scalar;
  Predicted<T> result;
  result.samples = data.subset(evenly(data.samples(), most));
  typename M::Cache cache;
  Matrix<T> memory;
  const Batch<T> y = model.forward(result.samples.inputs(), cache, Pass::inference(workers)),
                 target = scored_targets(y.shape(), result.samples, memory);
  result.by_step = are_scored_by_step(y.shape(), result.samples);
  if (result.by_step) {
    Matrix<T> steps;
    result.outputs = without_padding(y.with_lengths(result.samples.lengths), steps);
  } else {
    result.outputs = y;
  }
  result.targets = targets_of(target, result.outputs.rows(), expected);
  if (result.targets.are_classes())
    result.quality =
        quality_of_classes(result.outputs, result.targets, outputs == OutputKind::probabilities ? 0.5 : 0);
  if (result.targets.are_numbers()) result.quality = quality_of_numbers(result.outputs, target);
  return result;
}

/// Returns the error of predicting training samples without the network, or none if that would take more than some
/// operations: by their nearest neighbors for classes, and by kernel ridge regression for numbers.
template <class T>
std::optional<double> error_of_others(const Dataset<T>& train, bool of_classes, Index outputs,
                                      double operations) {
  if (!of_classes) {
    constexpr Index least = 64, most = 250;
    constexpr double per_cube = 15;  // operations, beyond those in full products
    const auto samples = static_cast<Index>(std::cbrt(operations / per_cube));
    if (std::min(samples, train.samples()) < least) return {};
    return error_of_kernel_ridge(train, std::min(samples, most));
  }
  constexpr Index queries = 50, candidates = 250,
                  search = 1000;  // operations in the time of comparing two distances
  const double needed =
      static_cast<double>(queries * candidates) * static_cast<double>(2 * train.features() + search);
  if (needed > operations || train.samples() <= 2 * limit::neighbors) return {};
  const Dataset<T> among = train.subset(evenly(train.samples(), candidates));
  const Targets targets = targets_of(among.y, outputs, OutputKind::scores);
  if (!targets.are_classes()) return {};
  const NeighborTargets near = neighbor_targets(among, targets, Neighbors<T>{among.x}, queries);
  if (near.examined == 0) return {};
  return static_cast<double>(near.wrong) / static_cast<double>(near.examined);
}

/// The history of a run as the rules of its end need it.
struct RunSummary {
  double operations;            // as `StepWork` counts them
  bool had_initial_statistics;  // before the first step
  Index probe;
};

/// Applies the rules of the trained model.
void examine_trained(RuleBook& rules, const auto& run, const RunSummary& at) {
  const auto train = predicted(run.model, run.train, at.probe, run.outputs, run.expected, run.workers);
  if (!all_finite(train.outputs)) return;
  const bool of_classes = train.targets.are_classes();
  rules.apply("same output", [&] { return same_output(spread_of(Batch{train.outputs})); });

  if (const double momentum = largest_momentum(describe(run.model));
      momentum > 0 && train.samples.samples() > 1)
    rules.apply("running statistics", [&] {
      RunningStatistics statistics = compare_statistics(run.model, train.samples.inputs());
      if (at.had_initial_statistics) statistics.initial = std::pow(momentum, static_cast<double>(run.steps));
      return running_statistics(statistics);
    });

  if (train.quality.samples == 0) return;
  rules.apply("constant predictor", [&] { return constant_predictor(train.quality, of_classes); });
  if (run.validation != nullptr)
    rules.apply("memorized targets", [&] {
      const auto dev =
          predicted(run.model, *run.validation, at.probe, run.outputs, run.expected, run.workers);
      return memorized_targets(train.quality, dev.quality, of_classes);
    });
  rules.apply("underfitting", [&]() -> std::optional<Finding> {
    if (train.by_step || !run.train.lengths.empty() || takes_tokens(run.model)) return {};  // no distances
    // At most 1 % of the operations of the training, or about a tenth of a millisecond if it was not a short one.
    constexpr double share = 0.01, few = 16'000'000;
    constexpr std::int64_t short_run = 500;
    const auto error = error_of_others(run.train, of_classes, train.outputs.rows(),
                                       std::max(share * at.operations, run.steps < short_run ? 0 : few));
    return error ? underfitting(train.quality.error, *error, of_classes) : std::nullopt;
  });
}

}  // namespace descent::detail
