#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// Coefficient of determination: the share of the targets' variance that the prediction explains. 1 is
/// perfect, 0 as good as the mean of the targets, below 0 worse.
///
///   1 - sum (p - t)^2 / sum (t - mean t)^2       for each output; then the mean over outputs
///
/// An output whose targets are all the same counts 1 if it is predicted exactly, else 0, as in scikit-learn.
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
/// Source   the running sums: Chan, Golub, LeVeque: Algorithms for computing the sample variance (The
/// American
///          Statistician 37, 1983)
struct R2 {
  static constexpr std::string_view name = "r2";

  /// What is known of an output so far.
  struct Output {
    double mean = 0;       ///< of the targets
    double spread = 0;     ///< sum of (t - mean t)^2
    double residuals = 0;  ///< sum of (p - t)^2

    void visit_members(auto& a) { a("mean", mean), a("spread", spread), a("residuals", residuals); }
  };
  std::vector<Output> outputs = {};
  std::int64_t seen = 0;

  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    detail::expect_same_shape(name, prediction, target);
    make_room(static_cast<std::size_t>(target.rows()));
    for (Index j = 0; j < target.cols(); ++j) {
      ++seen;
      for (Index i = 0; i < target.rows(); ++i) {
        Output& output = outputs[static_cast<std::size_t>(i)];
        const auto t = static_cast<double>(target(i, j)), r = static_cast<double>(prediction(i, j)) - t;
        const double step = t - output.mean;
        output.mean += step / static_cast<double>(seen);
        output.spread += step * (t - output.mean);
        output.residuals += r * r;
      }
    }
  }

  void merge(const R2& other) {
    if (other.seen == 0) return;
    make_room(other.outputs.size());
    const double all = static_cast<double>(seen + other.seen), share = static_cast<double>(other.seen) / all;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Output& from = other.outputs[i];
      const double distance = from.mean - outputs[i].mean;
      outputs[i].mean += share * distance;
      outputs[i].spread += from.spread + distance * distance * share * static_cast<double>(seen);
      outputs[i].residuals += from.residuals;
    }
    seen += other.seen;
  }

  void visit_members(auto& a) { a("outputs", outputs), a("seen", seen); }

  /// Not-a-number before the second sample.
  double value() const {
    if (seen < 2) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const Output& output : outputs) {
      if (output.spread > 0)
        sum += 1 - output.residuals / output.spread;
      else
        sum += output.residuals == 0 ? 1 : 0;
    }
    return sum / static_cast<double>(outputs.size());
  }

 private:
  void make_room(std::size_t count) {
    if (seen == 0) outputs.assign(count, {});
    if (outputs.size() != count)
      throw ShapeError(name, concat("expected ", outputs.size(), " outputs as before, got ", count),
                       "gather one network's outputs in one metric");
  }
};

}  // namespace descent
