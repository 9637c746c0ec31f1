#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// W = value. A single constant leaves all units of a layer equal for ever, as `Zeros` does; it is for
/// worked examples and for weights that need not differ.
///
/// Throws   DataError when the value is not finite.
struct Constant {
  static constexpr std::string_view name = "Constant";

  double value = 0;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng&) const {
    expect_finite({name, "value", value});
    weight.setConstant(static_cast<T>(value));
  }
};

}  // namespace descent
