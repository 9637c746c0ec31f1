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

// Data sets to try things on, drawn at random: another seed is another sample of the same distribution. The
// same seed gives the same bits on every platform; std::fma is written where a compiler may or may not fuse.

namespace descent {

namespace detail {

inline void expect_samples_wanted(std::string_view component, Index samples) {
  if (samples < 1)
    throw DataError(component, joined("expected at least 1 sample, got ", samples), "set .samples");
}

/// A data set of zeros with a target for each sample, to be filled in. Throws DataError if there is no memory for it.
template <std::floating_point T>
Dataset<T> zeros(std::string_view component, Index features, Index samples) {
  return {.x = filled<Matrix<T>>(component, features, samples, T(0)),
          .y = filled<Matrix<T>>(component, 1, samples, T(0))};
}

/// Points in the plane, the classes taking turns: `point(c)` draws one of class c, and noise is added to it.
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

struct CirclesOptions {
  Index samples = 300;
  double noise = 0.05;  ///< standard deviation of what is added to each coordinate
  double factor = 0.5;  ///< radius of the inner circle, class 1; that of the outer, class 0, is 1
  std::uint64_t seed = 0;
};

/// Two circles, one within the other: two classes that no straight line tells apart.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
template <std::floating_point T = float>
Dataset<T> circles(const CirclesOptions& options = {}) {
  detail::expect_samples_wanted("circles", options.samples);
  expect_not_negative({"circles", "noise", options.noise});
  expect_share({"circles", "factor", options.factor, "it is the radius of the inner circle"});
  Rng rng{options.seed};
  return detail::planar<T>("circles", options.samples, 2, options.noise, rng, [&](Index c) {
    const double radius = c == 0 ? 1 : options.factor;
    const detail::UnitVector p = detail::unit_vector(rng.uniform());
    return detail::UnitVector{radius * p.x, radius * p.y};
  });
}

struct MoonsOptions {
  Index samples = 300;
  double noise = 0.1;  ///< standard deviation of what is added to each coordinate
  std::uint64_t seed = 0;
};

/// Two half circles that reach into each other: (cos t, sin t) is class 0, (1 - cos t, 1/2 - sin t) class 1,
/// with t from 0 to pi.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
template <std::floating_point T = float>
Dataset<T> moons(const MoonsOptions& options = {}) {
  detail::expect_samples_wanted("moons", options.samples);
  expect_not_negative({"moons", "noise", options.noise});
  Rng rng{options.seed};
  return detail::planar<T>("moons", options.samples, 2, options.noise, rng, [&](Index c) {
    const detail::UnitVector p = detail::unit_vector(rng.uniform() / 2);
    return c == 0 ? p : detail::UnitVector{1 - p.x, 0.5 - p.y};
  });
}

struct SpiralsOptions {
  Index samples = 300;
  Index classes = 2;    ///< arms
  double turns = 1.5;   ///< how often an arm goes round
  double noise = 0.02;  ///< standard deviation of what is added to each coordinate
  std::uint64_t seed = 0;
};

/// Arms that wind about each other from the centre to radius 1: r = t, angle = turns t + c / classes in turns,
/// with t from 0 to 1, uniform.
///
/// Shapes   x [2, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
/// Source   Lang, Witbrock: Learning to tell two spirals apart (Connectionist Models Summer School, 1988), for
///          the problem
template <std::floating_point T = float>
Dataset<T> spirals(const SpiralsOptions& options = {}) {
  detail::expect_samples_wanted("spirals", options.samples);
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

struct BlobsOptions {
  Index samples = 300;
  Index classes = 3;
  Index features = 2;
  double deviation = 1;  ///< standard deviation of each feature within a class
  double spread = 10;    ///< the centres are uniform in [-spread, spread]
  std::uint64_t seed = 0;
};

/// Clouds about random centres: x = centre of its class + N(0, deviation^2).
///
/// Shapes   x [features, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
template <std::floating_point T = float>
Dataset<T> blobs(const BlobsOptions& options = {}) {
  detail::expect_samples_wanted("blobs", options.samples);
  expect_not_negative({"blobs", "deviation", options.deviation});
  expect_not_negative({"blobs", "spread", options.spread});
  expect_at_least_one({"blobs", "classes", static_cast<double>(options.classes)});
  expect_at_least_one({"blobs", "features", static_cast<double>(options.features)});
  Rng rng{options.seed};
  auto centres = filled<Matrix<double>>("blobs", options.features, options.classes, 0);
  for (double& c : centres.reshaped()) c = options.spread * (2 * rng.uniform() - 1);

  Dataset<T> data = detail::zeros<T>("blobs", options.features, options.samples);
  for (Index j = 0; j < options.samples; ++j) {
    const Index c = j % options.classes;
    for (Index i = 0; i < options.features; ++i)
      data.x(i, j) = static_cast<T>(std::fma(options.deviation, rng.normal(), centres(i, c)));
    data.y(0, j) = static_cast<T>(c);
  }
  return data;
}

struct NoisyRegressionOptions {
  Index samples = 300;
  Index features = 1;
  double noise = 0.1;  ///< standard deviation of what is added to the target
  std::uint64_t seed = 0;
};

/// A linear function with noise: y = w^T x + b + N(0, noise^2), with x, w and b standard normal. Seeds differ in
/// w and b as well; for training and test sets of one function, split.
///
/// Shapes   x [features, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
template <std::floating_point T = float>
Dataset<T> noisy_regression(const NoisyRegressionOptions& options = {}) {
  detail::expect_samples_wanted("noisy_regression", options.samples);
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

struct NoisyWaveOptions {
  Index samples = 300;
  double noise = 0.1;  ///< standard deviation of what is added to the target
  std::uint64_t seed = 0;
};

/// A curve with noise: y = sin(2 pi x) + N(0, noise^2), with x uniform in [0, 1). With few samples a large
/// network learns the noise too, which is what regularisation is there for.
///
/// Shapes   x [1, samples]   y [1, samples]
/// Throws   DataError for options that make no sense, or more values than memory holds.
/// Source   Bishop: Pattern recognition and machine learning, 1.1
template <std::floating_point T = float>
Dataset<T> noisy_wave(const NoisyWaveOptions& options = {}) {
  detail::expect_samples_wanted("noisy_wave", options.samples);
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
