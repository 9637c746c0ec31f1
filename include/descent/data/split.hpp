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

/// Divides strata of samples in proportion to the fractions. What rounding leaves over is carried to the next stratum,
/// so that each part is within one sample of its fraction, in each stratum and in total. Counts in billionths of a
/// sample: sums of integers have the same ties on every machine.
class StratumDivider {
 public:
  explicit StratumDivider(const SplitOptions& shares) {
    shares_[0] = std::min(one, std::llround(shares.train * one));
    shares_[1] = std::min(one - shares_[0], std::llround(shares.dev * one));
    shares_[2] = one - shares_[0] - shares_[1];
  }

  void divide(const std::vector<Index>& group, SplitIndices& parts) {
    const auto size = static_cast<long long>(group.size());
    std::array<std::ptrdiff_t, 3> counts{};
    long long left = size;
    for (std::size_t i = 0; i < 3; ++i) {
      const long long due = shares_[i] * size;
      counts[i] = static_cast<std::ptrdiff_t>(due / one);
      owed_[i] += due % one;
      left -= counts[i];
    }
    for (; left > 0; --left) {
      const auto most =
          static_cast<std::size_t>(std::max_element(owed_.begin(), owed_.end()) - owed_.begin());
      ++counts[most];
      owed_[most] -= one;
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
  static constexpr long long one = 1'000'000'000;
  std::array<long long, 3> shares_{};
  std::array<long long, 3> owed_{};
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
