#pragma once

#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// Fills W with zeros: for biases, and to show why weights need more, since all units of a layer stay equal.
///
///   W = 0
///
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 8.4
/// Example  examples/02_initialization.cpp
struct Zeros {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng&) const {
    weight.setZero();
  }
};

}  // namespace descent
