#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/hooks.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/data.hpp"
#include "descent/diagnosis/rules/first_look.hpp"
#include "descent/diagnosis/rules/labels.hpp"
#include "descent/diagnosis/rules/neighbors.hpp"
#include "descent/diagnosis/rules/network.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/diagnosis/rules/twins.hpp"
#include "descent/diagnosis/statistics.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `examine`.
template <std::floating_point T>
struct ExamineOptions {
  const Dataset<T>* validation = nullptr;      ///< the validation set, compared with the training set
  std::vector<std::string_view> without = {};  ///< names of rules that are switched off, from `rule_names`
  Index probe = 256;                           ///< the number of samples for the first look at the network
};

namespace detail {

/// Applies a rule that an exception reports: finds an error with its text.
inline bool holds(RuleBook& rules, std::string_view rule, FunctionRef<void()> check) {
  bool passed = true;
  const auto find = [&]() -> std::optional<Finding> {
    try {
      check();
      return {};
    } catch (const Error& error) {
      passed = false;
      return Finding{.rule = {}, .severity = Severity::error, .what = error.what()};
    }
  };
  if (rules.is_on(rule))
    rules.apply(rule, find);
  else
    find();
  return passed;
}

/// Returns the name of the last layer of a network, within chains: that of another composition, such as a `Residual`,
/// returns more than its last layer does.
template <Layer M>
std::string last_layer(const M& model) {
  LayerDescription layer = describe(model);
  while (!layer.layers.empty() && (layer.type == "Sequential" || layer.type == "DynamicSequential")) {
    LayerDescription last = std::move(layer.layers.back().layer);
    layer = std::move(last);
  }
  return layer.type;
}

/// Returns the data set with 0 in the padding of sequences, which may have any numbers.
template <std::floating_point T>
Dataset<T> with_clear_padding(Dataset<T> data) {
  clear_padding(data.inputs(), data.x);
  return data;
}

/// Applies the rules that compare samples. Tokens have no distance, and equal sequences of them may go on differently.
template <std::floating_point T>
void examine_samples(RuleBook& rules, const Dataset<T>& train, const Dataset<T>* dev, const Targets& targets,
                     bool are_tokens) {
  rules.apply("sorted data", [&] {
    return target_order(order_of(train, targets), Severity::note,
                        "the samples are sorted by target: ", "keep .shuffle = true");
  });
  if (targets.are_classes() || train.y.rows() == 1)
    rules.apply("leaking feature", [&] { return leaking_feature(train); });
  if (targets.are_classes() && !are_tokens)
    rules.apply("conflicting labels", [&] { return conflicting_labels(train, targets); });
  if (dev != nullptr) {
    rules.apply("twins", [&] { return twins(train, *dev); });
    rules.apply("distribution", [&] { return distribution(train, *dev); });
  }

  if (are_tokens) return;
  const bool compares_targets = (rules.is_on("wrong labels") || rules.is_on("unrelated targets")) &&
                                (targets.are_classes() || targets.are_numbers());
  const bool compares_sets = dev != nullptr && rules.is_on("near twins");
  if (train.samples() <= limit::neighbors || !(compares_targets || compares_sets)) return;
  const Neighbors<T> neighbors{train.x};
  if (compares_sets) rules.apply("near twins", [&] { return near_twins(train, *dev, neighbors); });
  if (!compares_targets) return;
  const NeighborTargets near = neighbor_targets(train, targets, neighbors);
  if (targets.are_classes())
    rules.apply("wrong labels", [&] { return wrong_labels(near, suspects_by_chance(targets.counts())); });
  const bool has_positions = train.sample_shape().positions() > 1;
  rules.apply("unrelated targets", [&] {
    return unrelated_targets(targets, near, has_positions ? Severity::note : Severity::warning);
  });
}

/// Returns the statistics of a network before the first step, on a few samples.
template <Layer M>
Look first_look(const M& model, const Dataset<typename M::Scalar>& samples, const auto& loss,
                std::vector<UnitRange>& ranges) {
  using T = typename M::Scalar;
  typename M::Cache cache;
  const Pass pass = Pass::measuring();
  const Batch<T> x = samples.inputs(), prediction = model.forward(x, cache, pass);
  Matrix<T> dy;
  ScoredMemory<T> memory;
  const Scored<T> scored =
      scored_samples(prediction, Batch<T>{samples.y}, SampleWeights<T>{samples.weights}, memory);
  const WeightedSum sum = loss.value_and_gradient(scored.prediction, scored.target, dy, scored.weights);
  divide_by_weight(dy, sum.weight);
  M gradient = zeros_like(model);
  Look look{.step = 0,
            .loss = sum.weight > 0 ? sum.mean() : 0,
            .penalty = 0,
            .outputs = outputs_of(model),
            .weights = {}};
  look_at_outputs(model, cache, prediction, look.outputs, ranges);
  backward_parameters(model, x, prediction.with_numbers(dy), cache, gradient, pass);
  SampledWeights sampled;
  look.weights = look_at_weights(model, gradient, sampled);
  return look;
}

/// Applies the rules of a network before the first step.
template <Layer M>
void examine_network(RuleBook& rules, const M& model, const Dataset<typename M::Scalar>& train,
                     const auto& loss, const Targets& targets, const Shape& outputs, Index probe) {
  std::vector<UnitRange> ranges;
  const Index samples = std::min(train.samples(), probe);
  const OutputKind kind = measured_kind(model, loss);
  const Look look = first_look(model, train.subset(evenly(train.samples(), probe)), loss, ranges);
  rules.apply("output range", [&]() -> std::optional<Finding> {
    if (targets.are_numbers()) {
      Matrix<typename M::Scalar> memory;
      const auto y = scored_targets(outputs, train, memory);
      return output_range(last_layer(model), static_cast<double>(y.minCoeff()),
                          static_cast<double>(y.maxCoeff()));
    }
    return kind == OutputKind::scores ? output_range(last_layer(model), -1, 1) : std::nullopt;
  });
  Matrix<typename M::Scalar> memory;
  examine_first_look(rules, model, look, kind, outputs_for(model, train),
                     scale_of(scored_targets(outputs, train, memory), targets));
  rules.apply("dead units", [&] { return dead_units(look.outputs, samples); });
}

}  // namespace detail

/// Examines data, model and loss before the first step, and returns the findings, the worst first.
///
///   const Findings findings = examine(net, train, SoftmaxCrossEntropy{}, {.validation = &dev});
///   std::cout << findings;
///
/// It finds outputs of the wrong kind for the loss, features or targets of the wrong scale, rare classes, samples that
/// the two sets share, likely wrong labels, features that contain the target, initial values that are too large or too
/// small, gradients that vanish, and dead or saturated units, among others; `rule_names` lists all. On a thousand and
/// more healthy trainings at most 1 % had a false alarm of any rule (benchmarks/diagnosis_rules.cpp).
///
/// Throws   DataError for a name in `.without` that no rule has. Faults of the data are findings, not exceptions.
/// Cost     a few passes over the data, a sort, and the distances between at most 2000 and 5000 samples.
template <Layer M, Loss<typename M::Scalar> L>
Findings examine(const M& model, const Dataset<typename M::Scalar>& train, const L& loss,
                 const std::type_identity_t<ExamineOptions<typename M::Scalar>>& options = {}) {
  static_assert(has_valid_hooks<M>);
  detail::RuleBook rules{"examine", options.without};
  const Dataset<typename M::Scalar>* const dev = options.validation;
  const bool is_usable = detail::holds(rules, "usable data", [&] {
    detail::expect_data(model, train, "examine", "the training set");
    if (dev == nullptr) return;
    detail::expect_data(model, *dev, "examine", "the validation set");
    expect_same_names(train, *dev, "examine", "the validation set");
    if (dev->y.rows() != train.y.rows())
      throw_error<ShapeError>(
          "examine", {"expected ", train.y.rows(), " targets in the validation set, got ", dev->y.rows()},
          "read both sets with the same columns");
  });
  if (!is_usable) return rules.findings();
  const bool fits_loss = detail::holds(rules, "outputs and loss", [&] {
    detail::check_loss(loss, model, train, "examine", "the training set");
    if (dev != nullptr) detail::check_loss(loss, model, *dev, "examine", "the validation set");
  });

  const Shape outputs = detail::output_shape_for(model, train);
  const detail::Targets targets = detail::targets_of(train, outputs, expected_kind<L>());
  rules.apply("classes as numbers", [&] { return detail::classes_as_numbers(train.y, targets); });
  const bool are_tokens = detail::takes_tokens(model);
  const detail::Moments features = detail::moments_of_inputs(train);
  if (!are_tokens)
    rules.apply("constant features", [&] { return detail::constant_features(train, features); });
  detail::examine_values(rules, model, train, features, targets, outputs);
  if (train.lengths.empty()) {
    detail::examine_samples(rules, train, dev, targets, are_tokens);
  } else {
    const auto clear_train = detail::with_clear_padding(train);
    const auto clear_dev = dev == nullptr ? clear_train : detail::with_clear_padding(*dev);
    detail::examine_samples(rules, clear_train, dev == nullptr ? nullptr : &clear_dev, targets, are_tokens);
  }
  if (fits_loss)
    detail::examine_network(rules, model, train, loss, targets, outputs, std::max<Index>(2, options.probe));
  return rules.findings();
}

}  // namespace descent
