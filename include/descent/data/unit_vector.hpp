#pragma once

#include <cmath>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A point on the unit circle.
struct UnitVector {
  double x, y;
};

/// Rotates (1, 0) counterclockwise by `turns` revolutions. The sine and cosine of the standard library differ in the
/// last digit between platforms; this Taylor series with fused multiply-add is the same everywhere.
inline UnitVector unit_vector(double turns) {
  turns -= std::nearbyint(turns);  // exact, and keeps the argument small
  const double quarters = std::nearbyint(4 * turns);
  const double a = (turns - quarters / 4) * 6.283185307179586;  // in [-pi/4, pi/4]
  const double square = a * a;
  double sine = 1, cosine = 1;  // Horner: 1 - a^2/(2*3) * (1 - a^2/(4*5) * ...)
  for (int n = 18; n > 0; n -= 2) {
    sine = std::fma(-square / (n * (n + 1)), sine, 1.0);
    cosine = std::fma(-square / (n * (n - 1)), cosine, 1.0);
  }
  sine = std::fma(sine, a, 0.0);  // the compiler might contract a plain product with the caller's addition
  switch (static_cast<long long>(quarters) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace descent::detail
