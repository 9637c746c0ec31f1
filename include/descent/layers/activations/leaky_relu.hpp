#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/options.hpp"
#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `LeakyReLU`.
struct LeakyReLUOptions {
  double slope = 0.01;  ///< for negative x
};

/// Rectified linear unit with a small slope for negative x, so that the gradient there is not 0.
///
///   y = max(0, x) + slope * min(0, x)      dx = dy where x > 0, else slope * dy
///
/// Throws   DataError when slope is not finite.
/// Source   Maas, Hannun, Ng: Rectifier nonlinearities improve neural network acoustic models (ICML 2013
///          workshop on deep learning for audio, speech and language processing)
template <std::floating_point T = float>
class LeakyReLU : public Activation<LeakyReLU<T>, T> {
 public:
  static constexpr std::string_view name = "LeakyReLU";

  explicit LeakyReLU(const LeakyReLUOptions& options = {}) : slope_{static_cast<T>(options.slope)} {
    expect_finite({name, "slope", options.slope});
  }

  static void visit_options(auto&& f, auto&... tree) { f("slope", tree.slope_...); }

  auto value(const auto& x) const { return x.max(T(0)) + slope_ * x.min(T(0)); }
  T derivative(T x, T) const { return x > 0 ? T(1) : slope_; }

 private:
  T slope_;
};

}  // namespace descent
