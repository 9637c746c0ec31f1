#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/strata.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `split`.
struct SplitOptions {
  double train = 0.6;     ///< fraction of the samples in the training set
  double dev = 0.2;       ///< fraction in the development set; the remainder is the test set
  bool stratify = false;  ///< keep the class proportions in each part; the targets must be classes
  std::uint64_t seed = 0;
};

/// The parts of a data set: training, development and test set.
template <std::floating_point T = float>
struct Split {
  Dataset<T> train, dev, test;
};

/// The sample indices of each part.
struct SplitIndices {
  std::vector<Index> train, dev, test;
};

namespace detail {

inline void expect_shares(const SplitOptions& shares) {
  const double rest = 1 - shares.train - shares.dev;
  if (!is_finite(rest) || shares.train <= 0 || shares.dev < 0 || rest <= -1e-9)
    throw DataError("split",
                    joined("expected train > 0, dev >= 0 and train + dev <= 1, got train = ", shares.train,
                           " and dev = ", shares.dev),
                    "pass fractions of 1, such as {.train = 0.6, .dev = 0.2}; the remainder is the test set");
}

/// Divides strata of samples in proportion to the fractions. Rounding errors are carried over to the next stratum, so
/// that each part is within one sample of its fraction, in each stratum and in total.
class StratumDivider {
 public:
  explicit StratumDivider(const SplitOptions& shares)
      : shares_{shares.train, shares.dev, std::max(0.0, 1 - shares.train - shares.dev)} {}

  void divide(const std::vector<Index>& group, SplitIndices& parts) {
    constexpr double rounding = 1e-9;  // 0.3 * 10 is a little less than 3
    std::array<std::ptrdiff_t, 3> counts{};
    auto left = static_cast<std::ptrdiff_t>(group.size());
    for (std::size_t i = 0; i < 3; ++i) {
      const double due = shares_[i] * static_cast<double>(group.size());
      counts[i] = std::min(left, static_cast<std::ptrdiff_t>(std::floor(due + rounding)));
      owed_[i] += due - static_cast<double>(counts[i]);
      left -= counts[i];
    }
    for (; left > 0; --left) {
      const auto most =
          static_cast<std::size_t>(std::max_element(owed_.begin(), owed_.end()) - owed_.begin());
      ++counts[most];
      --owed_[most];
    }

    auto next = group.begin();
    const auto take = [&](std::ptrdiff_t count, std::vector<Index>& part) {
      part.insert(part.end(), next, next + count);
      next += count;
    };
    take(counts[0], parts.train);
    take(counts[1], parts.dev);
    take(counts[2], parts.test);
  }

 private:
  std::array<double, 3> shares_;
  std::array<double, 3> owed_{};
};

}  // namespace detail

/// Assigns every sample to one part at random and returns the indices.
///
/// Throws   DataError for fractions that are out of range, for an empty data set, and for `stratify` with targets that
///          are not classes.
template <std::floating_point T>
SplitIndices split_indices(const Dataset<T>& data, const SplitOptions& options) {
  detail::expect_shares(options);
  expect_samples(data, "split", "the data");
  Rng rng{options.seed, Purpose::split};

  SplitIndices parts;
  detail::StratumDivider divider{options};
  for (const std::vector<Index>& group : detail::strata(data, options.stratify, rng, "split"))
    divider.divide(group, parts);
  if (options.stratify)
    for (auto* part : {&parts.train, &parts.dev, &parts.test}) rng.shuffle(*part);
  return parts;
}

/// Splits a data set at random into training, development and test set, which are disjoint.
///
///   auto [train, dev, test] = split(data, {.train = 0.6, .dev = 0.2, .stratify = true, .seed = 1});
///
/// Throws   like split_indices.
/// Example  examples/01_digits.cpp
template <std::floating_point T>
Split<T> split(const Dataset<T>& data, const SplitOptions& options = {}) {
  const SplitIndices parts = split_indices(data, options);
  return {data.subset(parts.train), data.subset(parts.dev), data.subset(parts.test)};
}

}  // namespace descent
