#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"

namespace descent {

struct SplitOptions {
  double train = 0.6;     ///< share of the samples to learn from
  double dev = 0.2;       ///< share to choose by; what is left is the test set
  bool stratify = false;  ///< the same mix of classes in each part; needs classes as targets
  std::uint64_t seed = 0;
};

template <std::floating_point T = float>
struct Split {
  Dataset<T> train, dev, test;
};

/// The numbers of the samples that go into each part.
struct SplitIndices {
  std::vector<Index> train, dev, test;
};

namespace detail {

inline void expect_shares(const SplitOptions& shares) {
  const double rest = 1 - shares.train - shares.dev;
  if (!(shares.train > 0 && shares.dev >= 0 && rest > -1e-9))
    throw DataError("split",
                    concat("expected train > 0, dev >= 0 and train + dev <= 1, got train = ", shares.train,
                           " and dev = ", shares.dev),
                    "give shares of 1, as in {.train = 0.6, .dev = 0.2}; the rest is the test set");
}

/// Deals out `group`, in its order, in proportion.
inline void deal(const std::vector<Index>& group, const SplitOptions& shares, SplitIndices& parts) {
  const auto size = static_cast<double>(group.size());
  const auto train = static_cast<std::ptrdiff_t>(std::round(shares.train * size));
  const auto dev = static_cast<std::ptrdiff_t>(std::round((shares.train + shares.dev) * size));
  parts.train.insert(parts.train.end(), group.begin(), group.begin() + train);
  parts.dev.insert(parts.dev.end(), group.begin() + train, group.begin() + dev);
  parts.test.insert(parts.test.end(), group.begin() + dev, group.end());
}

}  // namespace detail

/// Which samples go where: every sample into one part, at random.
///
/// Throws   DataError when the shares do not fit, or `stratify` meets targets that are no classes.
template <std::floating_point T>
SplitIndices split_indices(const Dataset<T>& data, const SplitOptions& options) {
  detail::expect_shares(options);
  expect_usable(data, "split", "the data");
  std::vector<Index> order(static_cast<std::size_t>(data.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  Rng rng{options.seed, Purpose::split};
  rng.shuffle(order);

  SplitIndices parts;
  if (!options.stratify) {
    detail::deal(order, options, parts);
    return parts;
  }
  if (data.y.rows() != 1 || (data.y.array() != data.y.array().floor()).any())
    throw DataError("split", "expected one row of whole numbers, the classes, got other targets",
                    "leave .stratify out for anything but classes");
  std::map<T, std::vector<Index>> classes;
  for (const Index i : order) classes[data.y(0, i)].push_back(i);
  for (const auto& [label, members] : classes) detail::deal(members, options, parts);
  for (auto* part : {&parts.train, &parts.dev, &parts.test}) rng.shuffle(*part);
  return parts;
}

/// Splits a data set at random into a part to learn from, one to choose by and one to judge by. No sample is
/// in two parts.
///
///   auto [train, dev, test] = split(data, {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
///
/// Throws   as split_indices.
/// Example  examples/01_digits.cpp
template <std::floating_point T>
Split<T> split(const Dataset<T>& data, const SplitOptions& options = {}) {
  const SplitIndices parts = split_indices(data, options);
  return {data.subset(parts.train), data.subset(parts.dev), data.subset(parts.test)};
}

}  // namespace descent
