#pragma once

#include <cmath>

#include "catch.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/types.hpp"

namespace support {

/// Checks that numbers are standard normal, by their moments and the fractions within 1, 2 and 3 standard deviations.
/// The bounds are five standard errors; the seeds are fixed.
inline void expect_standard_normal(const descent::Matrix<double>& z) {
  const auto n = static_cast<double>(z.size());
  const auto a = z.array();
  CHECK(std::abs(a.mean()) < 5 / std::sqrt(n));
  CHECK(std::abs(a.square().mean() - 1) < 5 * std::sqrt(2 / n));
  CHECK(std::abs(a.cube().mean()) < 5 * std::sqrt(15 / n));
  CHECK(std::abs(a.square().square().mean() - 3) < 5 * std::sqrt(96 / n));
  for (const double reach : {1.0, 2.0, 3.0}) {
    const double p = std::erf(reach / std::sqrt(2.0));
    CHECK(std::abs(static_cast<double>((a.abs() < reach).count()) / n - p) < 5 * std::sqrt(p * (1 - p) / n));
  }
  // Consecutive samples are not correlated.
  const auto pairs = static_cast<double>(z.rows() * (z.cols() - 1));
  CHECK(std::abs(z.leftCols(z.cols() - 1).cwiseProduct(z.rightCols(z.cols() - 1)).sum() / pairs) <
        5 / std::sqrt(pairs));
}

/// Checks that the noise of a layer depends on the seed, step, sample and layer, and that it can be disabled.
template <class L>
void expect_fresh_noise(const L& layer) {
  using namespace descent;
  const Matrix<double> x = Matrix<double>::Ones(9, 3);
  const auto out = [&](const Pass& pass) {
    typename L::Cache cache;
    return Matrix<double>{layer.forward(x, cache, pass)};
  };
  const Pass pass = Pass::training({.seed = 1, .step = 5});
  CHECK(out(pass) == out(pass));
  CHECK(out(pass) != out(Pass::training({.seed = 1, .step = 6})));
  CHECK(out(pass) != out(Pass::training({.seed = 2, .step = 5})));
  CHECK(out(pass.inside(0)) != out(pass.inside(1)));
  CHECK(out(pass).col(0) != out(pass).col(1));
  CHECK(out(pass).rightCols(2) == out(Pass::training({.seed = 1, .step = 5, .first_sample = 1})).leftCols(2));
  CHECK(out(Pass::inference()) == x);

  L off = layer;
  off.enabled = false;
  typename L::Cache cache;
  CHECK(off.forward(x, cache, pass) == x);
  CHECK(off.backward(x, x, cache, off, pass) == x);
}

}  // namespace support
