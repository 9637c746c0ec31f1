#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The value above which an output predicts class 1. By default it is the one at which both classes are equally
/// probable: 0 for logits, 0.5 for probabilities. `fit` and `evaluate` determine which of the two the network
/// outputs.
class Threshold {
 public:
  Threshold() = default;
  Threshold(double value) : value_{value}, chosen_{true} {}

  /// Adapts the default to the kind of the outputs; a threshold that was chosen stays.
  void prepare(OutputKind kind) {
    if (chosen_) return;
    constexpr double log_half = -0.6931471805599453;
    value_ = kind == OutputKind::probabilities ? 0.5 : kind == OutputKind::log_probabilities ? log_half : 0;
  }

  /// Returns the threshold. Throws DataError if it is not finite.
  double value(std::string_view component) const {
    expect_finite({component, "threshold", value_});
    return value_;
  }

  /// Returns the threshold for predicting a class from `outputs` outputs. Throws ShapeError if one was chosen for
  /// several outputs, of which the largest predicts the class.
  double value(std::string_view component, Index outputs) const {
    if (chosen_ && outputs != 1)
      throw_error<ShapeError>(component, {"expected a single output for .threshold, got ", outputs},
                              "remove .threshold: the largest of several outputs predicts the class");
    return value(component);
  }

 private:
  double value_ = 0;
  bool chosen_ = false;
};

}  // namespace descent
