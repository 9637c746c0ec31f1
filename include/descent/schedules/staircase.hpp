#pragma once

#include <cmath>
#include <cstdint>

#include "descent/core/options.hpp"

namespace descent::inline DESCENT_ABI {

/// Step decay: a learning rate that is multiplied by `factor` after each `every` epochs; t counts from 0.
///
///   alpha(t) = initial * factor^floor(t / every)
///
/// Throws   DataError when called, if t is negative, `every` is less than 1, or another option negative or not finite.
struct Staircase {
  double initial = 0.1;
  double factor = 0.5;
  std::int64_t every = 10;

  double operator()(std::int64_t t) const {
    expect_time("Staircase", t);
    expect_not_negative({"Staircase", "initial", initial});
    expect_not_negative({"Staircase", "factor", factor});
    expect_at_least_one({"Staircase", "every", static_cast<double>(every)});
    return initial * std::pow(factor, static_cast<double>(t / every));
  }
};

}  // namespace descent
