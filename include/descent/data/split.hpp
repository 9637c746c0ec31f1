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
  if (!is_finite(rest) || shares.train <= 0 || shares.dev < 0 || rest <= -1e-9)
    throw DataError("split",
                    joined("expected train > 0, dev >= 0 and train + dev <= 1, got train = ", shares.train,
                           " and dev = ", shares.dev),
                    "give shares of 1, as in {.train = 0.6, .dev = 0.2}; the rest is the test set");
}

/// Deals out groups of samples in proportion. What a part is due and did not get, because samples are whole,
/// it is owed by the next group: so the parts are within one sample of their shares in each group and in all.
class Dealer {
 public:
  explicit Dealer(const SplitOptions& shares)
      : shares_{shares.train, shares.dev, std::max(0.0, 1 - shares.train - shares.dev)} {}

  void deal(const std::vector<Index>& group, SplitIndices& parts) {
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

/// Which samples go where: every sample into one part, at random.
///
/// Throws   DataError when the shares do not fit, or `stratify` meets targets that are no classes.
template <std::floating_point T>
SplitIndices split_indices(const Dataset<T>& data, const SplitOptions& options) {
  detail::expect_shares(options);
  expect_samples(data, "split", "the data");
  Rng rng{options.seed, Purpose::split};

  SplitIndices parts;
  detail::Dealer dealer{options};
  for (const std::vector<Index>& group : detail::strata(data, options.stratify, rng, "split"))
    dealer.deal(group, parts);
  if (options.stratify)
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
