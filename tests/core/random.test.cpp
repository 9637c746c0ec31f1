#include "descent/core/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <limits>
#include "catch.hpp"

namespace random_test {

using namespace descent;
using Catch::Matchers::WithinAbs;

namespace {

constexpr int draws = 200'000;

// Five standard errors: a correct generator fails for one in two million seeds, and the seeds here are fixed.
double five_sigma(double variance_of_one_draw) { return 5 * std::sqrt(variance_of_one_draw / draws); }

// The standardized moments of a sample.
struct Moments {
  double mean, variance, skewness, kurtosis;

  explicit Moments(const std::vector<double>& sample) {
    const auto n = static_cast<double>(sample.size());
    mean = std::accumulate(sample.begin(), sample.end(), 0.0) / n;
    std::array<double, 3> central{};
    for (const double x : sample)
      for (std::size_t k = 0; k < 3; ++k) central[k] += std::pow(x - mean, static_cast<double>(k + 2)) / n;
    variance = central[0];
    skewness = central[1] / std::pow(variance, 1.5);
    kurtosis = central[2] / (variance * variance);
  }
};

std::vector<double> sample_of(auto&& draw) {
  std::vector<double> sample(draws);
  std::generate(sample.begin(), sample.end(), draw);
  return sample;
}

// Pearson's chi-square statistic against the uniform distribution: with c cells, its mean is c - 1 and its variance
// 2 (c - 1).
double chi_square(const std::vector<int>& counts) {
  const double expected =
      std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

// The mean plus six standard deviations plus 12, since the tail is heavier than that of the normal distribution: a
// correct generator exceeds it with a probability below 4e-6, for any number of cells.
double chi_square_bound(std::size_t cells) {
  const auto freedom = static_cast<double>(cells - 1);
  return freedom + 6 * std::sqrt(2 * freedom) + 12;
}

}  // namespace

TEST_CASE("philox: returns the known answers of Random123") {
  CHECK(philox(0, {0, 0, 0, 0}) == RandomBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(0xffffffffffffffff, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}) ==
        RandomBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
        RandomBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Rng: the stream of a seed never changes") {
  // A change here changes every trained network: it needs a reason and a line in the changelog.
  SECTION("bits: the blocks of Philox, numbered from 0") {
    Rng rng{5, Purpose::split, 9};
    for (std::uint32_t block = 0; block < 3; ++block)
      for (const std::uint32_t word : philox(5, {static_cast<std::uint32_t>(Purpose::split), 9, 0, block}))
        CHECK(rng.bits() == word);
  }
  SECTION("uniform") {
    Rng rng{1};
    CHECK(rng.uniform() == 0x1.c7d00cf94283ap-1);
    CHECK(rng.uniform() == 0x1.2be445ad856a8p-1);
    CHECK(rng.uniform() == 0x1.27bee43c08e9p-4);
  }
  SECTION("normal") {
    Rng rng{1};
    CHECK(rng.normal() == 0x1.5711bbfb6eb2cp+0);
    CHECK(rng.normal() == -0x1.9a5d80f70a2bdp-2);
    CHECK(rng.normal() == -0x1.e878b3a002e43p-2);
  }
  SECTION("below and shuffle") {
    Rng rng{1};
    CHECK(std::array{rng.below(100), rng.below(100), rng.below(100)} == std::array<Index, 3>{32, 96, 92});
    std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7};
    rng.shuffle(values);
    CHECK(values == std::vector<int>{3, 1, 6, 2, 5, 4, 0, 7});
  }
}

TEST_CASE("Rng: streams differ by seed and purpose and stream number") {
  const auto first_bits = [](Rng rng) { return std::array{rng.bits(), rng.bits(), rng.bits(), rng.bits()}; };
  CHECK(first_bits(Rng{1}) == first_bits(Rng{1, Purpose::general, 0}));

  std::set<RandomBlock> different;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32})
    for (const Purpose purpose : {Purpose::general, Purpose::shuffle, Purpose::split, Purpose::layer})
      for (const std::uint32_t stream : {0U, 1U, 2U})
        different.insert(first_bits(Rng{seed, purpose, stream}));
  CHECK(different.size() == 3 * 4 * 3);
}

TEST_CASE("Rng: a copy continues with the same numbers") {
  Rng rng{1};
  rng.bits();
  Rng copy = rng;
  for (int i = 0; i < 10; ++i) CHECK(copy.bits() == rng.bits());
}

TEST_CASE("Rng: uniform draws have the uniform distribution") {
  Rng rng{2};
  const std::vector<double> sample = sample_of([&] { return rng.uniform(); });
  CHECK(*std::min_element(sample.begin(), sample.end()) >= 0);
  CHECK(*std::max_element(sample.begin(), sample.end()) < 1);

  const Moments moments{sample};
  CHECK_THAT(moments.mean, WithinAbs(0.5, five_sigma(1.0 / 12)));
  CHECK_THAT(moments.variance, WithinAbs(1.0 / 12, five_sigma(1.0 / 180)));

  std::vector<int> counts(64);
  for (const double x : sample) ++counts[static_cast<std::size_t>(x * 64)];
  CHECK(chi_square(counts) < chi_square_bound(counts.size()));
}

TEST_CASE("Rng: normal draws have the standard normal distribution") {
  Rng rng{3};
  const std::vector<double> sample = sample_of([&] { return rng.normal(); });
  const Moments moments{sample};
  // The variances of the four estimates, times the number of draws, are 1, 2, 6 and 24.
  CHECK_THAT(moments.mean, WithinAbs(0, five_sigma(1)));
  CHECK_THAT(moments.variance, WithinAbs(1, five_sigma(2)));
  CHECK_THAT(moments.skewness, WithinAbs(0, five_sigma(6)));
  CHECK_THAT(moments.kurtosis, WithinAbs(3, five_sigma(24)));

  for (const double limit : {1.0, 2.0, 3.0}) {
    const double outside = std::erfc(limit / std::sqrt(2.0));
    const auto found =
        std::count_if(sample.begin(), sample.end(), [&](double x) { return std::abs(x) > limit; });
    CAPTURE(limit);
    CHECK_THAT(static_cast<double>(found) / draws, WithinAbs(outside, five_sigma(outside * (1 - outside))));
  }
}

TEST_CASE("Rng: consecutive draws are uncorrelated") {
  Rng rng{4};
  const std::vector<double> x = sample_of([&] { return rng.normal(); });
  double sum = 0;
  for (std::size_t i = 1; i < x.size(); ++i) sum += x[i - 1] * x[i];
  CHECK_THAT(sum / draws, WithinAbs(0, five_sigma(1)));
}

TEST_CASE("Rng: below draws each number equally often") {
  Rng rng{5};
  for (const Index n : {Index{1}, Index{2}, Index{7}, Index{100}}) {
    std::vector<int> counts(static_cast<std::size_t>(n));
    for (int i = 0; i < draws / 10; ++i) ++counts.at(static_cast<std::size_t>(rng.below(n)));
    CAPTURE(n);
    CHECK(chi_square(counts) < chi_square_bound(counts.size()));
  }
}

TEST_CASE("Rng: below is unbiased if the range does not divide 2^32") {
  // The remainder of a division would give the lowest third twice as often as the others.
  constexpr Index third = Index{1} << 30;
  Rng rng{6};
  std::vector<int> counts(3);
  for (int i = 0; i < draws / 10; ++i) ++counts.at(static_cast<std::size_t>(rng.below(3 * third) / third));
  CHECK(chi_square(counts) < chi_square_bound(counts.size()));
}

TEST_CASE("Rng: shuffle draws each permutation equally often") {
  Rng rng{7};
  std::vector<int> values(1000), sorted(1000);
  std::iota(values.begin(), values.end(), 0);
  sorted = values;
  rng.shuffle(values);
  CHECK(values != sorted);
  CHECK(std::is_permutation(values.begin(), values.end(), sorted.begin()));

  std::vector<int> counts(6);
  for (int i = 0; i < draws / 10; ++i) {
    std::array<int, 3> three{0, 1, 2};
    rng.shuffle(three);
    ++counts[static_cast<std::size_t>(2 * three[0] + (three[1] > three[2] ? 1 : 0))];
  }
  CHECK(chi_square(counts) < chi_square_bound(counts.size()));
}

TEST_CASE("Rng: shuffle keeps sequences of no or one element") {
  Rng rng{8};
  std::vector<int> none, one{1};
  rng.shuffle(none);
  rng.shuffle(one);
  CHECK(none.empty());
  CHECK(one == std::vector{1});
}

TEST_CASE("Rng: a bound below 1 or above 2^32 - 1 is refused") {
  Rng rng{1};
  CHECK(rng.below(1) == 0);
  CHECK_NOTHROW(rng.below((Index{1} << 32) - 1));
  for (const Index bound : {Index{0}, Index{-3}, Index{1} << 32, std::numeric_limits<Index>::max()})
    CHECK_THROWS_AS(rng.below(bound), DataError);
}

}  // namespace random_test
