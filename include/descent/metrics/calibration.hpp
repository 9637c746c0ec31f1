#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/metrics/classes.hpp"

namespace descent::inline DESCENT_ABI {

/// The calibration curve of predicted probabilities.
struct CalibrationCurve {
  /// The samples whose probability is in a range.
  struct Bin {
    double low, high;    ///< of the range
    double probability;  ///< the mean of the predicted probabilities
    double frequency;    ///< the fraction of the samples whose prediction is right
    double weight;       ///< the weight of the samples, 0 for an empty bin
  };
  std::vector<Bin> bins;
  double expected_error = 0;  ///< mean of |frequency - probability| over samples
  double largest_error = 0;   ///< over bins that are not empty
};

/// Calibration: of the samples with a predicted probability of 0.8, 80 % should be predicted right. `evaluate` returns
/// the curve with its expected calibration error.
///
///   evaluate(net, dev, Calibration{}).expected_error
///   evaluate(net, dev, Calibration{.bins = 20}).bins        the points of a reliability diagram
///
/// With a single output the probability is that of class 1, whose frequency is counted; with several it is that of the
/// predicted class. Logits are converted by the sigmoid or the softmax.
///
/// Shapes   prediction [classes, m] or [1, m]   target [1, m] or [classes, m]
/// Throws   ShapeError when the shapes do not fit; DataError when a target is not one of the classes, an output not
///          finite, or the number of bins not from 1 to 1000000.
/// Source   Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks (ICML 2017), 2
/// Example  examples/37_imbalance.cpp
struct Calibration {
  static constexpr std::string_view name = "calibration";

  /// The weighted sums of a bin.
  struct Sums {
    double probability = 0, right = 0, weight = 0;
    void visit_members(auto& a) { a("probability", probability), a("right", right), a("weight", weight); }
  };
  Index bins = 10;  ///< of equal width
  OutputKind kind = OutputKind::scores;
  std::vector<Sums> sums = {};

  void check(Index outputs, const BatchLike auto& target) const {
    expect_bins();
    detail::check_classes(name, outputs, target);
  }
  void prepare(OutputKind of_outputs) {
    kind = of_outputs == OutputKind::unknown ? OutputKind::scores : of_outputs;
  }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    expect_bins();
    detail::expect_classes(name, prediction, target, weights);
    sums.resize(static_cast<std::size_t>(bins));
    const Index classes = detail::class_count(prediction.rows());
    for (Index j = 0; j < prediction.cols(); ++j) {
      const Index actual = detail::target_class_of(name, target, j, classes);
      if (actual == ignored_class) continue;
      const Index predicted = prediction.rows() == 1 ? 1 : predicted_class(prediction, j);
      const double p = probability(prediction, j, predicted);
      if (!is_finite(p) || p < 0 || p > 1 + 1e-4)
        throw DataError(name, detail::joined("expected a probability or a logit, got ", p, " for sample ", j),
                        "measure a network whose outputs are probabilities or logits");
      Sums& bin = sums[static_cast<std::size_t>(
          std::min(bins - 1, static_cast<Index>(p * static_cast<double>(bins))))];
      const auto w = static_cast<double>(weights(j));
      bin.probability += w * p;
      bin.right += predicted == actual ? w : 0;
      bin.weight += w;
    }
  }
  void merge(const Calibration& other) {
    if (other.sums.empty()) return;
    if (sums.empty()) sums.resize(other.sums.size());
    if (sums.size() != other.sums.size())
      throw ShapeError(name, detail::joined("expected ", sums.size(), " bins, got ", other.sums.size()),
                       "merge metrics with the same .bins");
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i].probability += other.sums[i].probability;
      sums[i].right += other.sums[i].right;
      sums[i].weight += other.sums[i].weight;
    }
  }
  void visit_members(auto& a) { a("sums", sums); }

  /// No bins before the first sample.
  CalibrationCurve value() const {
    CalibrationCurve curve;
    double total = 0;
    for (const Sums& bin : sums) total += bin.weight;
    const auto width = 1 / static_cast<double>(std::max<std::size_t>(sums.size(), 1));
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto [probability, right, weight] = sums[i];
      const auto low = static_cast<double>(i) * width;
      const double p = weight > 0 ? probability / weight : 0, frequency = weight > 0 ? right / weight : 0;
      curve.bins.push_back({low, low + width, p, frequency, weight});
      const double error = std::abs(frequency - p);
      if (weight > 0) curve.expected_error += error * weight / total;
      curve.largest_error = std::max(curve.largest_error, error);
    }
    return curve;
  }

 private:
  void expect_bins() const {
    if (bins < 1 || bins > 1'000'000)
      throw_error<DataError>(name, {"expected .bins from 1 to 1000000, got ", bins}, "choose 10 or 20");
  }

  /// Returns the probability of a class of sample j.
  double probability(const auto& prediction, Index j, Index of_class) const {
    const Index row = prediction.rows() == 1 ? 0 : of_class;
    const auto output = static_cast<double>(prediction(row, j));
    if (kind == OutputKind::probabilities) return output;
    if (kind == OutputKind::log_probabilities) return std::exp(output);
    if (prediction.rows() == 1) return 1 / (1 + std::exp(-output));
    double sum = 0;  // relative to the largest, which is the predicted class
    for (Index i = 0; i < prediction.rows(); ++i)
      sum += std::exp(static_cast<double>(prediction(i, j)) - output);
    return 1 / sum;
  }
};

}  // namespace descent
