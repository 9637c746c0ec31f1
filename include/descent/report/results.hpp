#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/types.hpp"
#include "descent/data/dataset.hpp"
#include "descent/diagnosis/rules/targets.hpp"
#include "descent/inference/evaluate.hpp"
#include "descent/metrics/classes.hpp"
#include "descent/metrics/roc_auc.hpp"
#include "descent/metrics/threshold.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/report/score_curves.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A sample with its target and its prediction: classes, or numbers.
struct Example {
  Index sample = 0;
  double actual = 0, predicted = 0;
  double error = 0;  ///< by which examples are ranked
  std::vector<double> inputs = {};
};

/// The predictions of a model for one output that is a number.
struct NumberResults {
  std::vector<Example> samples;  ///< at most `most_points`, evenly chosen
  double root_mean_square = 0;   ///< of the errors
  double r2 = 0;                 ///< 1 - (squared errors) / (squared deviations from the mean)
};

/// The predictions of a model for a data set.
struct Results {
  static constexpr std::size_t most_counted = 1000;  ///< classes with a confusion matrix
  static constexpr std::size_t most_classes = 40;    ///< classes whose matrix is shown
  static constexpr std::size_t most_mistakes = 24, most_outputs = 4;
  static constexpr Index most_points = 300;

  std::string name;  ///< of the data set
  Index samples = 0;
  Shape shape{0};
  std::vector<std::string> class_names = {}, feature_names = {};

  std::vector<std::vector<Index>> counts =
      {};  ///< of each actual and predicted class; empty for numbers, and for too many classes
  std::vector<Example> mistakes = {};       ///< the worst first
  ScoreCurves curves = {};                  ///< of two classes
  std::vector<NumberResults> numbers = {};  ///< of each output
};

/// Keeps the worst examples, ordered by their error.
class WorstExamples {
 public:
  explicit WorstExamples(std::vector<Example>& kept) : kept_{kept} {}

  void add(const Example& e, const auto& inputs) {
    const auto at = std::upper_bound(kept_.begin(), kept_.end(), e.error,
                                     [](double error, const Example& other) { return error > other.error; });
    if (static_cast<std::size_t>(at - kept_.begin()) == Results::most_mistakes) return;
    Example& added = *kept_.insert(at, e);
    for (Index i = 0; i < inputs.size(); ++i) added.inputs.push_back(static_cast<double>(inputs(i)));
    if (kept_.size() > Results::most_mistakes) kept_.pop_back();
  }

 private:
  std::vector<Example>& kept_;
};

/// Counts the predicted classes, and keeps the mistakes in which the model was most certain.
template <Layer M>
void add_classes(Results& results, const M& model, const Dataset<typename M::Scalar>& data,
                 const Targets& targets, OutputKind expected, Workers& workers) {
  const auto classes = static_cast<std::size_t>(targets.classes);
  if (classes <= Results::most_counted) results.counts.assign(classes, std::vector<Index>(classes, 0));
  WorstExamples mistakes{results.mistakes};
  std::vector<RocAuc::Scored> scores;
  const OutputKind declared = output_kind(model);
  Threshold threshold;
  threshold.prepare(declared == OutputKind::unknown ? expected : declared);
  Index next = 0;
  predict_with_targets(model, data, workers, [&](const auto& outputs, const auto&, auto) {
    const double above = threshold.value("Report", outputs.rows());
    for (Index j = 0; j < outputs.cols(); ++j, ++next) {
      const Index actual = targets.labels[static_cast<std::size_t>(next)],
                  predicted = predicted_class(outputs, j, above);
      if (actual == ignored_class) continue;
      if (!results.counts.empty())
        ++results.counts[static_cast<std::size_t>(actual)][static_cast<std::size_t>(predicted)];
      const auto output = [&](Index i) { return static_cast<double>(outputs(i, j)); };
      const double margin =
          outputs.rows() == 1 ? std::abs(output(0) - above) : output(predicted) - output(actual);
      if (predicted != actual)
        mistakes.add({next, static_cast<double>(actual), static_cast<double>(predicted), margin},
                     data.x.col(next));
      if (classes == 2)
        scores.push_back({outputs.rows() == 1 ? output(0) : output(1) - output(0), 1, actual == 1});
    }
  });
  if (classes == 2) results.curves = score_curves(std::move(scores));
}

/// Compares predicted with actual numbers.
template <Layer M>
void add_numbers(Results& results, const M& model, const Dataset<typename M::Scalar>& data,
                 Workers& workers) {
  const Index outputs = std::min(data.y.rows(), static_cast<Index>(Results::most_outputs));
  const Index stride = (data.samples() + Results::most_points - 1) / Results::most_points;
  results.numbers.resize(static_cast<std::size_t>(outputs));
  std::vector<double> squares(results.numbers.size(), 0);
  WorstExamples mistakes{results.mistakes};
  Index next = 0;
  predict_with_targets(model, data, workers, [&](const auto& predicted, const auto& actual, auto) {
    for (Index j = 0; j < predicted.cols(); ++j, ++next)
      for (Index i = 0; i < outputs; ++i) {
        const auto is = static_cast<double>(actual(i, j)), guess = static_cast<double>(predicted(i, j));
        const Example e{next, is, guess, std::abs(guess - is)};
        squares[static_cast<std::size_t>(i)] += e.error * e.error;
        if (next % stride == 0) results.numbers[static_cast<std::size_t>(i)].samples.push_back(e);
        if (outputs == 1) mistakes.add(e, data.x.col(next));
      }
  });
  for (Index i = 0; i < outputs; ++i) {
    const auto samples = static_cast<double>(data.samples());
    const auto y = data.y.row(i).template cast<double>().array();
    NumberResults& numbers = results.numbers[static_cast<std::size_t>(i)];
    const double error = squares[static_cast<std::size_t>(i)];
    numbers.root_mean_square = std::sqrt(error / samples);
    numbers.r2 = 1 - error / (y - y.mean()).square().sum();
  }
}

/// Returns the predictions of a model for a data set, whose targets have a meaning by the kind of outputs that the loss
/// expects. Those of other targets, such as several labels per sample, stay empty.
template <Layer M>
Results results_of(std::string name, const M& model, const Dataset<typename M::Scalar>& data,
                   OutputKind expected, Workers& workers) {
  expect_data(model, data, "Report", name);
  Results results{.name = std::move(name),
                  .samples = data.samples(),
                  .shape = data.sample_shape(),
                  .class_names = data.class_names,
                  .feature_names = data.feature_names};
  const Index outputs = model.output_shape(data.sample_shape()).size();
  const Targets targets = targets_of(data.y, outputs, expected);
  if (targets.are_classes()) add_classes(results, model, data, targets, expected, workers);
  if (targets.are_numbers() && outputs == data.y.rows()) add_numbers(results, model, data, workers);
  return results;
}

}  // namespace descent::inline DESCENT_ABI::detail
