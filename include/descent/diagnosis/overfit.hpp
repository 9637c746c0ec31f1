#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/finding.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/losses/targets.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/training/trainer.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `overfit`.
struct OverfitOptions {
  Index samples = 32;      ///< at most the training set
  int steps = 300;         ///< all on the same samples
  std::uint64_t seed = 0;  ///< of the choice of the samples and of dropout
};

/// The result of `overfit`. Printed, it is a line, and one for a finding.
struct OverfitReport {
  Index samples = 0;                 ///< that were trained on
  std::vector<double> losses;        ///< of training, before each step
  double loss = 0;                   ///< after them, without dropout
  double limit = 0;                  ///< the largest loss of a network that fits the samples
  std::optional<double> error = {};  ///< the share that is classified wrongly; none for regression
  Findings findings = {};            ///< of the rule "one batch"; empty if the network fits the samples

  /// True if the network fits the samples.
  bool fits() const { return findings.empty(); }

  friend std::ostream& operator<<(std::ostream& out, const OverfitReport& r) {
    using detail::rounded;
    out << detail::joined(r.fits() ? "fits " : "does not fit ", r.samples, " samples: loss ");
    if (r.losses.empty())
      out << "not finite";
    else
      out << detail::joined(rounded(r.losses.front()), " before and ", rounded(r.loss), " after ",
                            r.losses.size(), " steps");
    if (r.error) out << detail::joined(", ", rounded(100 * *r.error), " % wrong");
    out << '\n';
    return r.fits() ? out : out << r.findings;
  }
};

namespace detail {

/// True if the target of each sample is a class, in a single row, for the given number of outputs.
template <std::floating_point T>
bool targets_are_classes(Index outputs, const Matrix<T>& y) {
  if (!are_classes(y.rows())) return false;
  const auto classes = static_cast<T>(std::max<Index>(outputs, 2));
  return (y.array() == y.array().floor() && y.array() >= T(ignored_class) && y.array() < classes).all();
}

/// The largest loss of a network that fits a batch, for a loss of classes.
double largest_fitted_loss(const auto& loss, Index outputs) {
  double least = 0;  // of any prediction: the entropy of targets that are smoothed
  if constexpr (requires { loss.label_smoothing; }) {
    const double other = loss.label_smoothing / static_cast<double>(outputs),
                 target = 1 - loss.label_smoothing + other;
    if (other > 0)
      least = -target * std::log(target) - static_cast<double>(outputs - 1) * other * std::log(other);
  }
  return least + 0.3;
}
/// The largest loss of a network that fits a batch, for any other loss: half of that of a constant prediction, the
/// mean of the targets, or of the first loss if the constant is right or is no prediction.
template <std::floating_point T>
double largest_fitted_loss(const auto& loss, Index outputs, const Dataset<T>& batch, double at_start) {
  double constant = 0;
  if (outputs == batch.y.rows()) {
    const Matrix<T> mean = batch.y.rowwise().mean().replicate(1, batch.samples());
    constant = loss.value(Batch<T>{mean}, Batch<T>{batch.y}, SampleWeights<T>{batch.weights}).mean();
  }
  const double reference = constant > 0 ? constant : at_start;
  return reference > 0 ? 0.5 * reference : reference;
}

[[gnu::cold]] inline Finding not_fitted(const OverfitReport& report, bool is_of_classes) {
  const bool none_wrong = report.error && *report.error == 0;
  return {.rule = "one batch",
          .what = joined({"loss ", rounded(report.loss), " after ", report.losses.size(),
                          " steps on the same ", report.samples, " samples, above ", rounded(report.limit),
                          none_wrong ? ", and yet none is wrong" : ""}),
          .cure = none_wrong ? "leave out an activation after the last layer, which bounds the outputs, or "
                               "weaken dropout"
                  : is_of_classes
                      ? "check targets, loss and learning rate, then widen the network, before you train"
                      : "scale the targets to mean 0 and deviation 1; check loss, learning rate and width",
          .measured = report.loss,
          .limit = report.limit};
}

}  // namespace detail

/// Trains a copy of the model on a few samples again and again. A network that cannot learn them by heart has a fault
/// in its outputs, loss, targets, initialization or learning rate, or is far too small: look for it before training.
///
///   std::cout << overfit(net, SoftmaxCrossEntropy{}, Adam{}, train);
///   if (!overfit(net, SoftmaxCrossEntropy{}, Adam{}, train, {.samples = 32, .steps = 300}).fits()) return 1;
///
/// A network fits if its loss ends below 0.3 for classes, plus what label smoothing adds, or else below half of the loss of
/// a constant prediction. It is measured without dropout and with batch statistics, the error as in inference.
///
/// Throws   as fit before the first step; DataError for options out of range. A loss that is not finite is a finding.
/// Cost     `.steps` steps of training, and a copy of the model
/// Source   Karpathy: A recipe for training neural networks (2019), "overfit one batch"
/// Example  examples/17_bias_variance.cpp
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
OverfitReport overfit(const M& model, const L& loss, const O& optimizer,
                      const Dataset<typename M::Scalar>& train, const OverfitOptions& options = {}) {
  using T = typename M::Scalar;
  constexpr std::string_view name = "overfit";
  expect_at_least_one({name, "samples", static_cast<double>(options.samples)});
  expect_at_least_one({name, "steps", static_cast<double>(options.steps)});
  detail::expect_data(model, train, name, "the training set");
  detail::check_loss(loss, model, train, name, "the training set");

  const std::vector<Index> order = shuffled_order(train.samples(), options.seed, 0);
  const Dataset<T> batch = train.subset(mini_batch(order, std::min(options.samples, train.samples()), 0));
  OverfitReport report{.samples = batch.samples(), .losses = {}};
  Trainer trainer{model, loss, optimizer, {.seed = options.seed, .progress = silent}};
  try {
    for (int step = 0; step < options.steps; ++step)
      report.losses.push_back(trainer.step(batch.inputs(), batch.y, batch.weights));
  } catch (const NumericalError&) {
    report.loss = detail::not_a_number<double>();
    report.findings.add({.rule = "one batch",
                         .severity = Severity::error,
                         .what = detail::joined("loss or gradient not finite at step ", trainer.steps() + 1,
                                                " with learning rate ", trainer.learning_rate()),
                         .cure = "lower the learning rate, as find_learning_rate suggests",
                         .measured = report.loss});
    return report;
  }
  typename M::Cache cache;
  detail::ScoredMemory<T> memory;
  const auto scored = detail::scored_samples(trainer.model.forward(batch.inputs(), cache, Pass::measuring()),
                                             Batch<T>{batch.y}, SampleWeights<T>{batch.weights}, memory);
  report.loss = loss.value(scored.prediction, scored.target, scored.weights).mean();
  const Index outputs = detail::outputs_for(model, batch);
  const bool has_classes = detail::targets_are_classes(outputs, batch.y),
             is_of_classes = expected_kind<L>() != OutputKind::unknown || (has_classes && outputs > 1);
  if (is_of_classes && has_classes) report.error = 1 - evaluate(trainer.model, batch, Accuracy{});
  report.limit = is_of_classes ? detail::largest_fitted_loss(loss, outputs)
                               : detail::largest_fitted_loss(loss, outputs, batch, report.losses.front());
  if (!is_finite(report.loss) || report.loss > report.limit)
    report.findings.add(detail::not_fitted(report, is_of_classes));
  return report;
}

}  // namespace descent
