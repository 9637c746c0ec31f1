#pragma once

#include <concepts>
#include <string_view>

#include "descent/core/options.hpp"
#include "descent/layers/activations/activation.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `ELU`.
struct ELUOptions {
  double alpha = 1;  ///< y approaches -alpha for large negative x
};

/// Exponential linear unit.
///
///   y = x where x > 0, else alpha * (exp(x) - 1)      dx = dy where x > 0, else dy * (y + alpha)
///
/// Throws   DataError when alpha is not finite.
/// Source   Clevert, Unterthiner, Hochreiter: Fast and accurate deep network learning by exponential linear
///          units (ICLR 2016)
template <std::floating_point T = float>
class ELU : public Activation<ELU<T>, T> {
 public:
  static constexpr std::string_view name = "ELU";

  explicit ELU(const ELUOptions& options = {}) : alpha_{static_cast<T>(options.alpha)} {
    expect_finite({name, "alpha", options.alpha});
  }

  static void visit_options(auto&& f, auto&... tree) { f("alpha", tree.alpha_...); }

  auto value(const auto& x) const { return x.max(T(0)) + alpha_ * x.min(T(0)).expm1(); }
  T derivative(T x, T y) const { return x > 0 ? T(1) : y + alpha_; }

 private:
  T alpha_;
};

}  // namespace descent
