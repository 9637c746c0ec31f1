#pragma once

#include <concepts>

#include "descent/concepts/initializer.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent {

/// W = 0. For biases, and to see why weights need more: all units of a layer stay equal for ever.
///
/// Source   Goodfellow, Bengio, Courville: Deep Learning, 8.4
struct Zeros {
  template <std::floating_point T>
  void operator()(Matrix<T>& weight, const Fan&, Rng&) const {
    weight.setZero();
  }
};

}  // namespace descent
