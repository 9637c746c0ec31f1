#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/losses/targets.hpp"
#include "descent/metrics/outputs.hpp"

namespace descent::inline DESCENT_ABI {

/// Root mean squared error, in the unit of the targets.
///
///   sqrt(1 / (k m) * sum (p - t)^2)       m all samples: one root over all batches
///
///   RootMeanSquaredError{}                                   over all outputs
///   RootMeanSquaredError{.of_output = 2, .name = "rmse_2"}   of output 2 alone
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape; DataError when of_output is not one of the outputs.
/// Example  examples/08_housing.cpp
struct RootMeanSquaredError {
  std::optional<Index> of_output = {};  ///< if set, the error of this output alone
  std::string name = "root_mean_squared_error";
  std::vector<double> squares = {};  ///< sum of the squared errors of each output
  double weight = 0;                 ///< of all samples

  void check(Index outputs, const BatchLike auto& target) const {
    detail::expect_outputs(name, outputs, target.rows());
    if (of_output) detail::expect_output(name, *of_output, outputs);
  }
  template <BatchLike P>
  void update(const P& prediction, const BatchLike auto& target,
              SampleWeights<typename P::Scalar> weights = {}) {
    detail::expect_same_shape(name, prediction, target, weights);
    detail::make_room(name, squares, prediction.rows());
    for (Index i = 0; i < prediction.rows(); ++i)
      weights.for_each_range(prediction.cols(), [&](Index first, Index count, auto w) {
        const auto r = prediction.row(i).segment(first, count) - target.row(i).segment(first, count);
        squares[static_cast<std::size_t>(i)] += static_cast<double>(w) * static_cast<double>(r.squaredNorm());
      });
    weight += weights.sum(prediction.cols());
  }
  void merge(const RootMeanSquaredError& other) {
    if (other.squares.empty()) return;
    detail::make_room(name, squares, static_cast<Index>(other.squares.size()));
    for (std::size_t i = 0; i < squares.size(); ++i) squares[i] += other.squares[i];
    weight += other.weight;
  }
  /// Not-a-number before the first sample.
  double value() const {
    if (of_output) return detail::value_of_output(name, *of_output, per_output());
    double sum = 0;
    for (const double s : squares) sum += s;
    return std::sqrt(sum / (static_cast<double>(squares.size()) * weight));
  }
  std::vector<double> per_output() const {
    std::vector<double> errors;
    for (const double s : squares) errors.push_back(std::sqrt(s / weight));
    return errors;
  }
  void visit_members(auto& a) { a("squares", squares), a("weight", weight); }
};

}  // namespace descent
