#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/unit_vector.hpp"

// Random toy data sets: another seed is another sample of the same distribution. The same seed gives the same bits on
// every platform; std::fma is explicit where a compiler might or might not contract.

namespace descent::inline DESCENT_ABI {

namespace detail {

inline void expect_positive_samples(std::string_view component, Index samples) {
  if (samples < 1)
    throw DataError(component, joined("expected at least 1 sample, got ", samples),
                    "set .samples to at least 1");
}

/// Returns a data set of zeros with one target per sample. Throws DataError if there is no memory for it.
template <std::floating_point T>
Dataset<T> zeros(std::string_view component, Index features, Index samples) {
  return {.x = filled<Matrix<T>>(component, features, samples, T(0)),
          .y = filled<Matrix<T>>(component, 1, samples, T(0))};
}

/// Draws points in the plane with alternating classes: `point(c)` draws one of class c, to which noise is added.
template <std::floating_point T>
Dataset<T> planar(std::string_view component, Index samples, Index classes, double noise, Rng& rng,
                  auto&& point) {
  Dataset<T> data = zeros<T>(component, 2, samples);
  data.feature_names = {"x", "y"};
  for (Index j = 0; j < samples; ++j) {
    const UnitVector p = point(j % classes);
    data.x(0, j) = static_cast<T>(std::fma(noise, rng.normal(), p.x));
    data.x(1, j) = static_cast<T>(std::fma(noise, rng.normal(), p.y));
    data.y(0, j) = static_cast<T>(j % classes);
  }
  return data;
}

}  // namespace detail

/// The options of `circles`.
struct CirclesOptions {
  Index samples = 300;
  double noise = 0.05;  ///< standard deviation of the noise in each coordinate
  double factor = 0.5;  ///< radius of the inner circle, class 1; that of the outer, class 0, is 1
  std::uint64_t seed = 0;
};

/// Draws two concentric circles: two classes that are not linearly separable.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
/// Example  examples/02_initialization.cpp
template <std::floating_point T = float>
Dataset<T> circles(const CirclesOptions& options = {}) {
  detail::expect_positive_samples("circles", options.samples);
  expect_not_negative({"circles", "noise", options.noise});
  expect_share({"circles", "factor", options.factor, "choose the radius of the inner circle"});
  Rng rng{options.seed};
  return detail::planar<T>("circles", options.samples, 2, options.noise, rng, [&](Index c) {
    const double radius = c == 0 ? 1 : options.factor;
    const detail::UnitVector p = detail::unit_vector(rng.uniform());
    return detail::UnitVector{radius * p.x, radius * p.y};
  });
}

/// The options of `moons`.
struct MoonsOptions {
  Index samples = 300;
  double noise = 0.1;  ///< standard deviation of the noise in each coordinate
  std::uint64_t seed = 0;
};

/// Draws two interleaved half circles: (cos t, sin t) is class 0, (1 - cos t, 1/2 - sin t) class 1, with t uniform
/// from 0 to pi.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
/// Example  examples/05_optimizers.cpp
template <std::floating_point T = float>
Dataset<T> moons(const MoonsOptions& options = {}) {
  detail::expect_positive_samples("moons", options.samples);
  expect_not_negative({"moons", "noise", options.noise});
  Rng rng{options.seed};
  return detail::planar<T>("moons", options.samples, 2, options.noise, rng, [&](Index c) {
    const detail::UnitVector p = detail::unit_vector(rng.uniform() / 2);
    return c == 0 ? p : detail::UnitVector{1 - p.x, 0.5 - p.y};
  });
}

/// The options of `spirals`.
struct SpiralsOptions {
  Index samples = 300;
  Index classes = 2;    ///< the number of arms
  double turns = 1.5;   ///< the number of revolutions of an arm
  double noise = 0.02;  ///< standard deviation of the noise in each coordinate
  std::uint64_t seed = 0;
};

/// Draws interleaved spirals from the center to radius 1: r = t, angle = turns t + c / classes in revolutions, with t
/// uniform from 0 to 1.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
/// Source   Lang, Witbrock: Learning to tell two spirals apart (Connectionist Models Summer School, 1988), for
///          the problem
template <std::floating_point T = float>
Dataset<T> spirals(const SpiralsOptions& options = {}) {
  detail::expect_positive_samples("spirals", options.samples);
  expect_not_negative({"spirals", "noise", options.noise});
  expect_not_negative({"spirals", "turns", options.turns});
  expect_at_least_one({"spirals", "classes", static_cast<double>(options.classes)});
  Rng rng{options.seed};
  return detail::planar<T>("spirals", options.samples, options.classes, options.noise, rng, [&](Index c) {
    const double t = rng.uniform();
    const double start = static_cast<double>(c) / static_cast<double>(options.classes);
    const detail::UnitVector p = detail::unit_vector(std::fma(options.turns, t, start));
    return detail::UnitVector{t * p.x, t * p.y};
  });
}

/// The options of `blobs`.
struct BlobsOptions {
  Index samples = 300;
  Index classes = 3;
  Index features = 2;
  double deviation = 1;  ///< standard deviation of each feature within a class
  double spread = 10;    ///< the centers are uniform in [-spread, spread]
  std::uint64_t seed = 0;
};

/// Draws isotropic Gaussian clusters about random centers: x = center of its class + N(0, deviation^2).
///
/// Shapes   x [features, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
/// Example  examples/04_gradient_check.cpp
template <std::floating_point T = float>
Dataset<T> blobs(const BlobsOptions& options = {}) {
  detail::expect_positive_samples("blobs", options.samples);
  expect_not_negative({"blobs", "deviation", options.deviation});
  expect_not_negative({"blobs", "spread", options.spread});
  expect_at_least_one({"blobs", "classes", static_cast<double>(options.classes)});
  expect_at_least_one({"blobs", "features", static_cast<double>(options.features)});
  Rng rng{options.seed};
  auto centers = filled<Matrix<double>>("blobs", options.features, options.classes, 0);
  for (double& c : centers.reshaped()) c = options.spread * (2 * rng.uniform() - 1);

  Dataset<T> data = detail::zeros<T>("blobs", options.features, options.samples);
  for (Index j = 0; j < options.samples; ++j) {
    const Index c = j % options.classes;
    for (Index i = 0; i < options.features; ++i)
      data.x(i, j) = static_cast<T>(std::fma(options.deviation, rng.normal(), centers(i, c)));
    data.y(0, j) = static_cast<T>(c);
  }
  return data;
}

/// The options of `noisy_regression`.
struct NoisyRegressionOptions {
  Index samples = 300;
  Index features = 1;
  double noise = 0.1;  ///< standard deviation of the noise in the target
  std::uint64_t seed = 0;
};

/// Draws samples of a linear function with noise: y = w^T x + b + N(0, noise^2), with x, w and b standard normal.
/// Another seed draws another w and b; for training and test sets of one function, use `split`.
///
/// Shapes   x [features, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
template <std::floating_point T = float>
Dataset<T> noisy_regression(const NoisyRegressionOptions& options = {}) {
  detail::expect_positive_samples("noisy_regression", options.samples);
  expect_not_negative({"noisy_regression", "noise", options.noise});
  expect_at_least_one({"noisy_regression", "features", static_cast<double>(options.features)});
  Rng rng{options.seed};
  auto w = filled<Vector<double>>("noisy_regression", options.features, 1, 0);
  for (double& each : w) each = rng.normal();
  const double b = rng.normal();

  Dataset<T> data = detail::zeros<T>("noisy_regression", options.features, options.samples);
  for (Index j = 0; j < options.samples; ++j) {
    double y = b;
    for (Index i = 0; i < options.features; ++i) {
      const double x = rng.normal();
      data.x(i, j) = static_cast<T>(x);
      y = std::fma(w[i], x, y);
    }
    data.y(0, j) = static_cast<T>(std::fma(options.noise, rng.normal(), y));
  }
  return data;
}

/// The options of `noisy_wave`.
struct NoisyWaveOptions {
  Index samples = 300;
  double noise = 0.1;  ///< standard deviation of the noise in the target
  std::uint64_t seed = 0;
};

/// Draws samples of a sine with noise: y = sin(2 pi x) + N(0, noise^2), with x uniform in [0, 1). With few samples a
/// large network overfits without regularization.
///
/// Shapes   x [1, samples]   y [1, samples]
/// Throws   DataError for options that are out of range, or for more values than fit into memory.
/// Source   Bishop: Pattern recognition and machine learning, 1.1
/// Example  examples/10_your_own.cpp
template <std::floating_point T = float>
Dataset<T> noisy_wave(const NoisyWaveOptions& options = {}) {
  detail::expect_positive_samples("noisy_wave", options.samples);
  expect_not_negative({"noisy_wave", "noise", options.noise});
  Rng rng{options.seed};
  Dataset<T> data = detail::zeros<T>("noisy_wave", 1, options.samples);
  for (Index j = 0; j < options.samples; ++j) {
    const double x = rng.uniform();
    data.x(0, j) = static_cast<T>(x);
    data.y(0, j) = static_cast<T>(std::fma(options.noise, rng.normal(), detail::unit_vector(x).y));
  }
  return data;
}

}  // namespace descent
