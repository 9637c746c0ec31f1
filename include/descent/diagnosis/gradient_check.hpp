#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/diagnosis/gradient_report.hpp"
#include "descent/inference/predict.hpp"
#include "descent/losses/scored_samples.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `check_gradient`.
template <Layer M>
struct GradientCheckOptions {
  double epsilon = 1e-5;               ///< the step of the central difference
  AnyRegularizer<M> regularizer = {};  ///< its penalty is added to the loss, as in fit
  bool training = true;                ///< with dropout and batch statistics, else as in inference
  std::uint64_t seed = 0;       ///< the seed of the dropout masks, which stay the same during the check
  Index entries_per_block = 0;  ///< the number of random entries to check in each block; 0 checks all
  std::size_t worst = 5;        ///< the number of entries in `worst` of the report
  bool keep_entries = false;    ///< if true, the report contains all entries
};

namespace detail {

/// Compares backward with central differences of the cost, the loss plus the penalty, entry by entry.
template <Layer M, Loss<double> L>
class GradientCheck {
 public:
  GradientCheck(M model, const L& loss, const Batch<double>& x, const Batch<double>& y,
                const GradientCheckOptions<M>& options)
      : model_{std::move(model)},
        loss_{loss},
        x_{x},
        shape_{x.shape()},
        lengths_{x.lengths().begin(), x.lengths().end()},
        y_{y},
        options_{options},
        pass_{options.training ? Pass::training({.seed = options.seed}) : Pass::inference()} {}

  GradientReport run() {
    M gradient = zeros_like(model_);
    Matrix<double> dy;
    const Batch<double> y = model_.forward(input(), cache_, pass_);
    expect_output_shape(y.shape());
    const Scored<double> scored = scored_samples(y, y_, {}, memory_);
    const WeightedSum sum = loss_.value_and_gradient(scored.prediction, scored.target, dy, scored.weights);
    divide_by_weight(dy, sum.weight);
    const Matrix<double> dx = model_.backward(
        input(), dy.cols() == y.cols() ? Batch<double>{dy} : y.with_numbers(dy), cache_, gradient, pass_);
    options_.regularizer.add_gradient(model_, gradient, x_.cols());
    cost_ = cost();

    // A name is only valid during the visit, so its path is passed as a string.
    M::visit([&](const Parameter& p, auto& leaf, auto& slope) { check_block(p.name.path(), leaf, slope); },
             model_, gradient);
    check_block("input", x_, dx);
    return summed_up();
  }

 private:
  struct Deviation {
    GradientReport::Entry entry;
    double* at;
    std::size_t block;
    /// The absolute difference. NaN, which cannot be sorted, counts as the largest number.
    double size() const {
      const double difference = std::abs(entry.analytic - entry.numeric);
      return is_nan(difference) ? std::numeric_limits<double>::max() : difference;
    }
    double scale() const { return std::max(std::abs(entry.analytic), std::abs(entry.numeric)); }
  };

  Batch<double> input() const { return Batch<double>{x_, shape_}.with_lengths(lengths_); }

  void expect_output_shape(const Shape& got) const {
    const Shape expected = model_.output_shape(shape_);
    if (got != expected)
      throw_error<ShapeError>("check_gradient",
                              {"expected forward to return samples of ", shape_text(expected),
                               ", the output_shape of the layer, got ", shape_text(got)},
                              "return a batch with its shape from forward: {c.y, x.shape()}");
  }

  double cost() {
    const auto scored = scored_samples(model_.forward(input(), cache_, pass_), y_, {}, memory_);
    return loss_.value(scored.prediction, scored.target, scored.weights).mean() +
           options_.regularizer.penalty(model_, x_.cols());
  }
  double cost_with(double& value, double replacement) {
    const double before = std::exchange(value, replacement);
    const double result = cost();
    value = before;
    return result;
  }

  void check_block(const std::string& name, auto& values, const auto& slopes) {
    std::vector<Index> chosen(static_cast<std::size_t>(values.size()));
    std::iota(chosen.begin(), chosen.end(), Index{0});
    if (options_.entries_per_block > 0 && options_.entries_per_block < values.size()) {
      rng_.shuffle(chosen);
      chosen.resize(static_cast<std::size_t>(options_.entries_per_block));
    }
    for (const Index i : chosen) {
      double& value = values.data()[i];
      const double numeric = difference(value, options_.epsilon);
      found_.push_back({{name, i % values.rows(), i / values.rows(), slopes.data()[i], numeric},
                        &value,
                        report_.blocks.size()});
    }
    report_.blocks.push_back({name, 0, static_cast<Index>(chosen.size()), 0});
  }

  double difference(double& value, double h) {
    return (cost_with(value, value + h) - cost_with(value, value - h)) / (2 * h);
  }

  /// True if the difference is wrong because it straddles a kink of the cost, and backward is right: then backward
  /// agrees with a narrower difference or, exactly at the kink, is between the left and the right derivative.
  bool is_kink(const Deviation& d, double tolerance) {
    const double h = options_.epsilon / 100;
    if (std::abs(difference(*d.at, h) - d.entry.analytic) <= tolerance) return true;
    const double right = (cost_with(*d.at, *d.at + h) - cost_) / h;
    const double left = (cost_ - cost_with(*d.at, *d.at - h)) / h;
    return std::abs(right - left) > tolerance && d.entry.analytic >= std::min(left, right) - tolerance &&
           d.entry.analytic <= std::max(left, right) + tolerance;
  }

  GradientReport summed_up() {
    double largest = 0;
    for (const Deviation& d : found_) largest = std::max(largest, d.scale());
    bool entry_wrong = false;
    std::vector<Deviation> deviations;
    std::vector<Squares> squares(report_.blocks.size());
    Squares all, parameters, inputs;
    for (const Deviation& d : found_) {
      if (options_.keep_entries) report_.entries.push_back(d.entry);
      // The absolute error of a difference is about 1e-10 times the cost, less than 1e-6 times the largest entry.
      const double tolerance = 1e-4 * d.scale() + 1e-6 * largest;
      if (d.size() > tolerance && is_kink(d, tolerance)) {
        report_.kinks.push_back(d.entry);
        ++report_.blocks[d.block].kinks;
        continue;
      }
      entry_wrong = entry_wrong || !is_finite(d.size()) || d.size() > 1e-3 * d.scale() + 1e-6 * largest;
      squares[d.block].add(d.entry);
      all.add(d.entry);
      (d.block + 1 < squares.size() ? parameters : inputs).add(d.entry);  // the inputs are the last block
      deviations.push_back(d);
    }
    // A block with a zero gradient, such as a bias before batch normalization, has only rounding errors. They are
    // compared with the norm of the whole gradient.
    const double least = 1e-3 * all.scale();
    for (std::size_t i = 0; i < squares.size(); ++i)
      report_.blocks[i].relative_difference = squares[i].relative_difference(least);
    report_.relative_difference = all.relative_difference(0);
    report_.parameter_difference = parameters.relative_difference(0);
    report_.input_difference = inputs.relative_difference(0);
    report_.verdict = entry_wrong ? GradientVerdict::wrong : verdict_of(report_.relative_difference);

    const std::size_t count = std::min(options_.worst, deviations.size());
    std::partial_sort(deviations.begin(), deviations.begin() + static_cast<std::ptrdiff_t>(count),
                      deviations.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (std::size_t i = 0; i < count; ++i) report_.worst.push_back(deviations[i].entry);
    return report_;
  }

  struct Squares {
    double difference = 0, analytic = 0, numeric = 0;
    void add(const GradientReport::Entry& e) {
      difference += (e.analytic - e.numeric) * (e.analytic - e.numeric);
      analytic += e.analytic * e.analytic;
      numeric += e.numeric * e.numeric;
    }
    double scale() const { return std::sqrt(analytic) + std::sqrt(numeric); }
    double relative_difference(double least_scale) const {
      return difference == 0 ? 0 : std::sqrt(difference) / std::max(scale(), least_scale);
    }
  };

  static GradientVerdict verdict_of(double difference) {
    if (difference < 1e-7) return GradientVerdict::correct;
    if (difference < 1e-5) return GradientVerdict::acceptable;
    return difference < 1e-3 ? GradientVerdict::suspicious : GradientVerdict::wrong;
  }

  M model_;
  const L& loss_;
  Matrix<double> x_;
  Shape shape_;
  std::vector<Index> lengths_;
  Batch<double> y_;
  ScoredMemory<double> memory_;
  const GradientCheckOptions<M>& options_;
  Pass pass_;
  typename M::Cache cache_;
  double cost_ = 0;
  Rng rng_{0};
  std::vector<Deviation> found_;
  GradientReport report_;
};

}  // namespace detail

/// Compares the gradient that backward computes with central differences, for every parameter and input.
///
///   numeric_i = (J(.., w_i + epsilon, ..) - J(.., w_i - epsilon, ..)) / (2 epsilon)
///   relative difference = ||analytic - numeric|| / (||analytic|| + ||numeric||)
///
/// J is the loss plus the penalty. The verdict follows from the relative difference; a single entry with a relative
/// error above 1e-3 makes it `wrong`. Dropout has the same mask in all passes. Entries at which J has no derivative
/// are counted as kinks. Courses compute the difference without the inputs: compare it with
/// `report.parameter_difference`, and the entries, with `.keep_entries`, with `report.entries`.
///
/// The model must be in double precision, such as `Dense<double>`: in float, rounding errors alone reach 1e-3.
///
/// Throws   as fit, when model, data and loss do not match; DataError unless epsilon > 0 and entries_per_block >= 0.
/// Cost     two forward passes for every parameter and input.
/// Source   A. Ng's course on improving deep networks, gradient checking
/// Example  examples/04_gradient_check.cpp
template <Layer M, Loss<double> L>
GradientReport check_gradient(const M& model, const L& loss, const Batch<double>& x, const Batch<double>& y,
                              const std::type_identity_t<GradientCheckOptions<M>>& options = {}) {
  static_assert(std::same_as<typename M::Scalar, double>,
                "check_gradient needs a model in double precision, as in Dense<double>");
  detail::expect_input(model, x, "check_gradient");
  expect_positive({"check_gradient", "epsilon", options.epsilon, "pass a small step such as 1e-5"});
  expect_not_negative({"check_gradient", "entries_per_block", static_cast<double>(options.entries_per_block),
                       "pass 0 to check all"});
  return detail::GradientCheck<M, L>{model, loss, x, y, options}.run();
}

}  // namespace descent
