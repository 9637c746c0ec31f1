#pragma once

#include <concepts>

#include "descent/core/concepts.hpp"

namespace descent {

/// W = value. A single constant leaves all units of a layer equal for ever, as `Zeros` does; it is for
/// worked examples and for weights that need not differ.
struct Constant {
  double value = 0;

  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng&) const {
    weight.setConstant(static_cast<T>(value));
  }
};

}  // namespace descent
