#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/output_kind.hpp"
#include "descent/core/options.hpp"
#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `HardSigmoid`.
struct HardSigmoidOptions {
  double slope = 1.0 / 6;  ///< as in PyTorch and Keras 3; Keras 1 and 2 have 0.2
};

/// Piecewise linear approximation of the sigmoid; the derivative at the corners is taken as 0.
///
///   y = min(1, max(0, slope * x + 1/2))      dx = dy * slope where 0 < y < 1, else 0
///
/// With slope 1/6 it is 0 below -3 and 1 above 3; with the slope 0.2 of Keras 1 and 2 the corners are at -2.5 and 2.5.
///
/// Throws   DataError when slope is not finite.
/// Source   Courbariaux, Bengio, David: BinaryConnect (NIPS 2015), equation 3, with slope 1/2
template <std::floating_point T = float>
class HardSigmoid : public Activation<HardSigmoid<T>, T> {
 public:
  static constexpr std::string_view name = "HardSigmoid";

  explicit HardSigmoid(const HardSigmoidOptions& options = {}) : slope_{static_cast<T>(options.slope)} {
    expect_finite({name, "slope", options.slope});
  }

  static void visit_options(auto&& f, auto&... tree) { f("slope", tree.slope_...); }

  static constexpr OutputKind output_kind() { return OutputKind::probabilities; }

  auto value(const auto& x) const { return (slope_ * x + T(0.5)).max(T(0)).min(T(1)); }
  T derivative(T, T y) const { return y > 0 && y < 1 ? slope_ : T(0); }

 private:
  T slope_;
};

}  // namespace descent
