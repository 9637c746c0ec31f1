#pragma once

#include <concepts>
#include <string_view>

#include "descent/concepts/initializer.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Fills W with a constant. All units of a layer then stay equal, as with `Zeros`: for worked examples, and for
/// weights that need not differ.
///
///   W = value
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
