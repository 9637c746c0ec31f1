#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numeric>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/number_text.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/inference/predict.hpp"
#include "descent/regularizers/any_regularizer.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/parameter.hpp"

namespace descent {

template <Layer M>
struct GradientCheckOptions {
  double epsilon = 1e-5;               ///< half the width of the difference
  AnyRegularizer<M> regularizer = {};  ///< part of the cost, as in fit
  bool training = true;                ///< with dropout and batch statistics, or as in inference
  std::uint64_t seed = 0;              ///< of the dropout masks, which stay the same throughout
  Index entries_per_block = 0;         ///< check so many at random of each block; 0 checks all
  std::size_t worst = 5;               ///< how many entries to report
  bool keep_entries = false;           ///< put all entries into the report
};

enum class GradientVerdict {
  correct,     ///< below 1e-7
  acceptable,  ///< below 1e-5
  suspicious,  ///< below 1e-3: look closer
  wrong,
};

/// The result of `check_gradient`. Prints as a table.
struct GradientReport {
  /// One number of the gradient. `numeric` is the two-sided difference.
  struct Entry {
    std::string block;
    Index row = 0, col = 0;
    double analytic = 0, numeric = 0;
  };
  /// The parameters of one name, or "input".
  struct Block {
    std::string name;
    double relative_difference = 0;
    Index entries = 0;
    Index kinks = 0;
  };

  // Over parameters and inputs together, over the parameters, which is what courses compute, and over the inputs. Kinks
  // are left out.
  double relative_difference = 0;
  double parameter_difference = 0;
  double input_difference = 0;
  GradientVerdict verdict = GradientVerdict::correct;
  std::vector<Block> blocks;
  std::vector<Entry> worst;  ///< the largest deviations, kinks left out
  std::vector<Entry> kinks;  ///< where the cost has a corner, as ReLU at 0, and no derivative to compare with
  std::vector<Entry> entries = {};  ///< with `.keep_entries` all, kinks too: block by block, each by columns

  friend std::ostream& operator<<(std::ostream& out, const GradientReport& report) {
    constexpr const char* verdicts[] = {"correct", "acceptable", "suspicious", "wrong"};
    const auto digits = [](double value, int count) {
      return detail::number_text(value, std::chars_format::general, count);
    };
    out << detail::joined("gradient: ", verdicts[static_cast<int>(report.verdict)], ", relative difference ",
                          digits(report.relative_difference, 3), "; of parameters ",
                          digits(report.parameter_difference, 3), ", of inputs ",
                          digits(report.input_difference, 3), '\n');
    for (const Block& b : report.blocks)
      out << detail::joined("  ", detail::left_aligned(b.name, 16),
                            detail::right_aligned(digits(b.relative_difference, 3), 10), "  over ", b.entries,
                            " entries, ", b.kinks, " at kinks\n");
    for (const Entry& e : report.worst)
      out << detail::joined("  ", e.block, '(', e.row, ", ", e.col, ")  backward ", digits(e.analytic, 9),
                            "  numeric ", digits(e.numeric, 9), '\n');
    return out;
  }
};

namespace detail {

/// Compares backward with differences of the cost, entry by entry.
template <Layer M, Loss<double> L>
class GradientCheck {
 public:
  GradientCheck(M model, const L& loss, const Batch<double>& x, const Batch<double>& y,
                const GradientCheckOptions<M>& options)
      : model_{std::move(model)},
        loss_{loss},
        x_{x},
        shape_{x.shape()},
        y_{y},
        options_{options},
        pass_{options.training ? Pass::training({.seed = options.seed}) : Pass::inference()} {}

  GradientReport run() {
    M gradient = zeros_like(model_);
    Matrix<double> dy;
    const Batch<double> y = model_.forward(input(), cache_, pass_);
    expect_output_shape(y.shape());
    const WeightedSum sum = loss_.value_and_gradient(y, y_, dy, {});
    divide_by_weight(dy, sum.weight);
    const Matrix<double> dx = model_.backward(input(), dy, cache_, gradient, pass_);
    options_.regularizer.add_gradient(model_, gradient, x_.cols());
    cost_ = cost();

    // The names are spelled out first: they live only while the visit does.
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
    /// The largest number for what is not-a-number, which could not be sorted.
    double size() const {
      const double difference = std::abs(entry.analytic - entry.numeric);
      return is_nan(difference) ? std::numeric_limits<double>::max() : difference;
    }
    double scale() const { return std::max(std::abs(entry.analytic), std::abs(entry.numeric)); }
  };

  Batch<double> input() const { return {x_, shape_}; }

  void expect_output_shape(const Shape& got) const {
    const Shape expected = model_.output_shape(shape_);
    if (got != expected)
      throw_error<ShapeError>("check_gradient",
                              {"expected forward to return samples of ", shape_text(expected),
                               ", as output_shape says, got ", shape_text(got)},
                              "return a batch with its shape from forward: {c.y, x.shape()}");
  }

  double cost() {
    return loss_.value(model_.forward(input(), cache_, pass_), y_, {}).mean() +
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

  /// True if `backward` is right and only the difference is not: it straddles a corner of the
  /// cost. Then a narrower one agrees, or, right at the corner, backward lies between the two sides.
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
      // A difference has an absolute error of about 1e-10 of the cost; 1e-6 of the largest entry is above it.
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
    // A block whose gradient vanishes, such as a bias before batch normalisation, has nothing but rounding to
    // compare; it is measured against the whole gradient.
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
  Batch<double> y_;
  const GradientCheckOptions<M>& options_;
  Pass pass_;
  typename M::Cache cache_;
  double cost_ = 0;
  Rng rng_{0};
  std::vector<Deviation> found_;
  GradientReport report_;
};

}  // namespace detail

/// Compares what backward computes with two-sided differences of the cost, for every parameter and input.
///
///   numeric_i = (J(.., w_i + epsilon, ..) - J(.., w_i - epsilon, ..)) / (2 epsilon)
///   relative difference = ||analytic - numeric|| / (||analytic|| + ||numeric||)
///
/// The verdict goes by the relative difference; a single entry that is off by more than 1e-3 of itself makes
/// it `wrong`, however many right ones there are. Dropout keeps one mask throughout. Entries at a corner of
/// the cost are told apart, and counted as kinks. To compare with the numbers of a course, whose gradients have no
/// inputs, read `report.parameter_difference`, and with `.keep_entries` every pair in `report.entries`.
///
/// Double precision only: in float, rounding alone reaches 1e-3. Build the model as `Dense<double>` and so on.
///
/// Throws   as fit, when model, data and loss do not fit; DataError when epsilon is not positive or the number of entries
///          negative.
/// Cost     two forward passes for every parameter and input.
/// Source   A. Ng's course on improving deep networks, gradient checking
template <Layer M, Loss<double> L>
GradientReport check_gradient(const M& model, const L& loss, const Batch<double>& x, const Batch<double>& y,
                              const std::type_identity_t<GradientCheckOptions<M>>& options = {}) {
  static_assert(std::same_as<typename M::Scalar, double>,
                "check_gradient needs a model in double precision, as in Dense<double>");
  detail::expect_input(model, x, "check_gradient");
  expect_positive({"check_gradient", "epsilon", options.epsilon, "1e-5 is usual"});
  expect_not_negative({"check_gradient", "entries_per_block", static_cast<double>(options.entries_per_block),
                       "0 checks all"});
  return detail::GradientCheck<M, L>{model, loss, x, y, options}.run();
}

}  // namespace descent
