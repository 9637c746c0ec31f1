#pragma once

#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// The fan-in and fan-out of a unit: the numbers of its inputs and outputs.
struct Fan {
  Index in, out;
};

/// Throws ShapeError unless fan-in and fan-out are positive.
inline void expect_fan(std::string_view component, const Fan& fan) {
  if (fan.in < 1 || fan.out < 1)
    throw_error<ShapeError>(component,
                            {"expected a fan of at least 1 in and 1 out, got ", fan.in, " and ", fan.out},
                            "pass the number of inputs and outputs of a unit");
}

/// A function object that fills a weight matrix with initial values.
template <class I, class T>
concept Initializer =
    requires(const I& init, Matrix<T>& weight, const Fan& fan, Rng& rng) { init(weight, fan, rng); };

}  // namespace descent
