#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/exponential_average.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/rules/rule.hpp"
#include "descent/inference/check_loss.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/training/trainer.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `find_learning_rate`.
struct FindLearningRateOptions {
  double lowest = 1e-5, highest = 10;  ///< the rates of the first and the last step; they grow geometrically
  int steps = 100;                     ///< at most; ends when the loss explodes
  Index batch_size = 32;               ///< as in training
  std::uint64_t seed = 0;              ///< of the order of the samples and of dropout
};

/// The result of `find_learning_rate`. Printed, it is a table of the curve.
struct LearningRateCurve {
  std::vector<double> rates;        ///< of the steps that were taken
  std::vector<double> losses;       ///< the smoothed loss before the step with each rate
  std::size_t first = 0, last = 0;  ///< the positions where the valley begins and ends
  double suggested = 0;             ///< the rate in the middle of the valley; the lowest if there is none

  friend std::ostream& operator<<(std::ostream& out, const LearningRateCurve& curve) {
    using detail::rounded;
    if (curve.rates.empty()) return out << "no learning rate was tried\n";
    out << detail::joined("learning rate ", rounded(curve.suggested), ": the loss ");
    if (curve.first == curve.last)
      out << "falls at no rate; see whether the network can overfit a batch\n";
    else
      out << detail::joined("falls from ", rounded(curve.losses[curve.first]), " at ",
                            rounded(curve.rates[curve.first]), " to ", rounded(curve.losses[curve.last]),
                            " at ", rounded(curve.rates[curve.last]), '\n');
    const auto row = [&](std::string_view rate, std::string_view loss) {
      out << detail::right_aligned(rate, 10) << detail::right_aligned(loss, 10) << '\n';
    };
    constexpr std::size_t rows = 12;
    const std::size_t stride = std::max<std::size_t>(1, (curve.rates.size() + rows - 1) / rows);
    row("rate", "loss");
    for (std::size_t i = 0; i < curve.rates.size(); i += stride)
      row(detail::joined(rounded(curve.rates[i])), detail::joined(rounded(curve.losses[i])));
    return out;
  }
};

namespace detail {

/// The valley of a curve: the `last` point of the longest falling subsequence and, as many points before it as that has,
/// the `first`.
struct Valley {
  std::size_t first, last;
};
inline Valley valley_of(const std::vector<double>& losses) {
  // Of the longest falling subsequence that ends at each point.
  std::vector<std::size_t> length(losses.size(), 1);
  std::size_t last = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (losses[i] < losses[j]) length[i] = std::max(length[i], length[j] + 1);
    if (length[i] > length[last]) last = i;
  }
  return {last + 1 - length[last], last};
}

[[gnu::cold]] inline void expect_usable(const FindLearningRateOptions& options) {
  constexpr std::string_view name = "find_learning_rate";
  expect_positive({name, "lowest", options.lowest});
  expect_positive({name, "highest", options.highest});
  if (options.highest <= options.lowest)
    throw_error<DataError>(
        name, {"expected .highest above .lowest, got ", options.highest, " and ", options.lowest},
        "pass a range of several decades, such as from 1e-5 to 10");
  if (options.steps < 2)
    throw_error<DataError>(name, {"expected .steps of at least 2, got ", options.steps}, "pass 100");
  expect_at_least_one({name, "batch_size", static_cast<double>(options.batch_size)});
}

}  // namespace detail

/// Suggests a learning rate by a range test: trains a copy of the model while the rate grows from step to step, until
/// the loss explodes, and takes the middle of the valley, where the loss falls for the longest time.
///
///   const LearningRateCurve curve = find_learning_rate(net, SoftmaxCrossEntropy{}, Adam{}, train);
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = curve.suggested});
///
///   rate_i = lowest (highest / lowest)^(i / (steps - 1))
///
/// The optimizer has a member `learning_rate`, whose value does not matter. The loss is smoothed by an average over
/// about 10 steps; the test ends when it exceeds 4 times its minimum or is not finite. Look at the curve, too:
/// the suggestion is a start, as the default rates of the optimizers are.
///
/// Throws   as fit before the first step; DataError for options out of range; NumericalError when the loss is not
///          finite at the lowest rate.
/// Cost     `.steps` steps of training, and a copy of the model
/// Source   Smith: Cyclical learning rates for training neural networks (WACV 2017), 3.3; the valley is that of
///          fastai's `lr_find`
/// Example  examples/17_bias_variance.cpp
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
LearningRateCurve find_learning_rate(const M& model, const L& loss, const O& optimizer,
                                     const Dataset<typename M::Scalar>& train,
                                     const FindLearningRateOptions& options = {}) {
  static_assert(
      requires(O& o) { o.learning_rate = 0.1; },
      "find_learning_rate sets optimizer.learning_rate, which this optimizer does not have");
  constexpr double smoothing = 0.9, explosion = 4;
  detail::expect_usable(options);
  detail::expect_data(model, train, "find_learning_rate", "the training set");
  detail::check_loss(loss, model, train, "find_learning_rate", "the training set");

  Trainer trainer{model, loss, optimizer, {.seed = options.seed, .progress = silent}};
  const Index size = std::min(options.batch_size, train.samples());
  const int batches = static_cast<int>(train.samples() / size);  // a smaller last one is left out
  std::vector<Index> order;
  ExponentialAverage average{smoothing};
  double least = 0;
  LearningRateCurve curve;
  for (int step = 0; step < options.steps; ++step) {
    if (step % batches == 0) order = shuffled_order(train.samples(), options.seed, step / batches);
    const auto batch = train.subset(mini_batch(order, size, step % batches));
    const double rate = std::exp(
        std::lerp(std::log(options.lowest), std::log(options.highest), 1.0 * step / (options.steps - 1)));
    trainer.optimizer.learning_rate = rate;
    try {
      average.update(trainer.step(batch.inputs(), batch.y, batch.weights));
    } catch (const NumericalError&) {
      if (step == 0) throw;
      break;
    }
    curve.rates.push_back(rate);
    curve.losses.push_back(average.value());
    least = step == 0 ? average.value() : std::min(least, average.value());
    if (average.value() > explosion * least && least > 0) break;
  }
  const auto [first, last] = detail::valley_of(curve.losses);
  curve.first = first;
  curve.last = last;
  curve.suggested = curve.rates[first + (last - first) / 2];
  return curve;
}

}  // namespace descent
