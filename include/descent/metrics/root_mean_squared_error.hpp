#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "descent/core/batch.hpp"
#include "descent/losses/targets.hpp"

namespace descent {

/// The root of the mean squared error, in the unit of the targets.
///
///   sqrt(1 / (k m) * sum (p - t)^2)       m all samples: the root is taken once, at the end
///
/// Shapes   prediction p, target t [k, m]
/// Throws   ShapeError when the two differ in shape.
struct RootMeanSquaredError {
  static constexpr std::string_view name = "root_mean_squared_error";
  double squares = 0;  ///< what was added up so far
  std::int64_t seen = 0;

  void update(const BatchLike auto& prediction, const BatchLike auto& target) {
    detail::expect_same_shape(name, prediction, target);
    squares += static_cast<double>((prediction - target).squaredNorm());
    seen += prediction.size();
  }
  void merge(const RootMeanSquaredError& other) {
    squares += other.squares;
    seen += other.seen;
  }
  /// Not-a-number before the first sample.
  double value() const { return std::sqrt(squares / static_cast<double>(seen)); }
  void visit_members(auto& a) { a("squares", squares), a("seen", seen); }
};

}  // namespace descent
