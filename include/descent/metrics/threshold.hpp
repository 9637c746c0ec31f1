#pragma once

#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// The value above which an output means class 1. Unless it is chosen, it is where both classes are as probable: 0 for
/// logits, 0.5 for probabilities. `fit` and `evaluate` find out which of them the network puts out.
class Threshold {
 public:
  Threshold() = default;
  Threshold(double value) : value_{value}, chosen_{true} {}

  /// Adapts a threshold that was not chosen to the kind of the outputs.
  void prepare(OutputKind kind) {
    if (chosen_) return;
    constexpr double log_half = -0.6931471805599453;
    value_ = kind == OutputKind::probabilities ? 0.5 : kind == OutputKind::log_probabilities ? log_half : 0;
  }

  /// Throws   DataError when it is not finite.
  double value(std::string_view component) const {
    expect_finite({component, "threshold", value_});
    return value_;
  }

  /// The value for a choice among classes by `outputs` outputs.
  ///
  /// Throws   ShapeError when it was chosen, but the largest of several outputs is what counts.
  double value(std::string_view component, Index outputs) const {
    if (chosen_ && outputs != 1)
      throw_error<ShapeError>(component, {"expected a single output for .threshold, got ", outputs},
                              "leave .threshold out: of several outputs the largest counts");
    return value(component);
  }

 private:
  double value_ = 0;
  bool chosen_ = false;
};

}  // namespace descent
