#include "descent/data/split.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace split_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using support::message_of;

namespace {

// Sample j has the feature j; its class is the first c for which it is below ends[c].
Dataset<> with_classes(std::vector<Index> ends) {
  Dataset<> data{.x = Matrix<>(1, ends.back()), .y = Matrix<>(1, ends.back())};
  for (Index j = 0; j < ends.back(); ++j) {
    data.x(0, j) = static_cast<float>(j);
    data.y(0, j) = static_cast<float>(std::upper_bound(ends.begin(), ends.end(), j) - ends.begin());
  }
  return data;
}

// 40 samples of class 0, 100 of class 1 and 60 of class 2.
const Dataset<> data = with_classes({40, 140, 200});

struct Fractions {
  double train, dev;
};
const Fractions all_fractions[]{{0.6, 0.2}, {0.7, 0},           {0.98, 0.01}, {0.7, 0.3},
                                {1, 0},     {1.0 / 3, 1.0 / 3}, {0.001, 0.9}};

double size(const std::vector<Index>& part) { return static_cast<double>(part.size()); }

double count_of(const std::vector<Index>& part, float label) {
  return static_cast<double>(
      std::count_if(part.begin(), part.end(), [&](Index i) { return data.y(0, i) == label; }));
}

}  // namespace

TEST_CASE("split: every sample is in exactly one part for all fractions") {
  for (const Fractions& fractions : all_fractions) {
    for (const bool stratify : {false, true}) {
      CAPTURE(fractions.train, fractions.dev, stratify);
      const SplitIndices parts = split_indices(
          data, {.train = fractions.train, .dev = fractions.dev, .stratify = stratify, .seed = 3});

      std::vector<Index> all;
      for (const auto* part : {&parts.train, &parts.dev, &parts.test})
        all.insert(all.end(), part->begin(), part->end());
      std::vector<Index> expected(200);
      std::iota(expected.begin(), expected.end(), Index{0});
      std::sort(all.begin(), all.end());
      CHECK(all == expected);
    }
  }
}

TEST_CASE("split: the sizes of the parts match the fractions within one sample") {
  constexpr double rounding = 1;
  for (const Fractions& fractions : all_fractions) {
    CAPTURE(fractions.train, fractions.dev);
    const SplitIndices parts = split_indices(data, {.train = fractions.train, .dev = fractions.dev});
    CHECK_THAT(size(parts.train), WithinAbs(200 * fractions.train, rounding));
    CHECK_THAT(size(parts.dev), WithinAbs(200 * fractions.dev, rounding));
    CHECK_THAT(size(parts.test), WithinAbs(200 * (1 - fractions.train - fractions.dev), rounding));
  }

  const auto [train, dev, test] = split_indices(data, {.train = 0.98, .dev = 0.01});
  CHECK(train.size() == 196);
  CHECK(dev.size() == 2);
  CHECK(test.size() == 2);
}

TEST_CASE("split: stratification keeps the class proportions in each part within one sample") {
  constexpr double rounding = 1;
  const double class_sizes[]{40, 100, 60};
  for (const Fractions& fractions : all_fractions) {
    CAPTURE(fractions.train, fractions.dev);
    const SplitIndices parts =
        split_indices(data, {.train = fractions.train, .dev = fractions.dev, .stratify = true});
    for (int label = 0; label < 3; ++label) {
      CAPTURE(label);
      const auto c = static_cast<float>(label);
      CHECK_THAT(count_of(parts.train, c), WithinAbs(class_sizes[label] * fractions.train, rounding));
      CHECK_THAT(count_of(parts.dev, c), WithinAbs(class_sizes[label] * fractions.dev, rounding));
    }
  }
}

TEST_CASE("split: stratification keeps the total sizes for classes of less than one sample per part") {
  // The expected sizes of dev and test are 1.5 samples, half a sample of each class.
  const Dataset<> three_of_fifty = with_classes({50, 100, 150});
  const SplitIndices parts = split_indices(three_of_fifty, {.train = 0.98, .dev = 0.01, .stratify = true});
  constexpr double rounding = 1;
  CHECK_THAT(size(parts.train), WithinAbs(147, rounding));
  CHECK_THAT(size(parts.dev), WithinAbs(1.5, rounding));
  CHECK_THAT(size(parts.test), WithinAbs(1.5, rounding));
}

TEST_CASE("split: ties between parts are broken alike by every compiler") {
  // The classes of the digits. The counts are those of exact fractions, such as 6/10 and 2/10, where ties go to the
  // first part. Rounding, which differs with fused multiply-adds, would break them otherwise.
  const Index sizes[]{178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
  std::vector<Index> ends;
  for (const Index n : sizes) ends.push_back(n + (ends.empty() ? 0 : ends.back()));
  const Dataset<> digits = with_classes(ends);

  const auto fifths = split_indices(digits, {.train = 0.6, .dev = 0.2, .stratify = true});
  CHECK(fifths.train.size() == 1078);
  CHECK(fifths.dev.size() == 360);
  CHECK(fifths.test.size() == 359);
  const auto others = split_indices(digits, {.train = 0.7, .dev = 0.15, .stratify = true});
  CHECK(others.train.size() == 1258);
  CHECK(others.dev.size() == 270);
  CHECK(others.test.size() == 269);
}

TEST_CASE("split: stratified parts are shuffled and not sorted by class") {
  const SplitIndices parts = split_indices(data, {.stratify = true});
  CHECK_FALSE(std::is_sorted(parts.train.begin(), parts.train.end(),
                             [](Index a, Index b) { return data.y(0, a) < data.y(0, b); }));
}

TEST_CASE("split: the same seed gives the same parts and another seed others") {
  for (const bool stratify : {false, true}) {
    const SplitIndices once = split_indices(data, {.stratify = stratify, .seed = 1});
    const SplitIndices again = split_indices(data, {.stratify = stratify, .seed = 1});
    const SplitIndices other = split_indices(data, {.stratify = stratify, .seed = 2});
    CAPTURE(stratify);
    CHECK(once.train == again.train);
    CHECK(once.dev == again.dev);
    CHECK(once.test == again.test);
    CHECK(once.train != other.train);
  }
}

TEST_CASE("split: returns the samples of split_indices with their targets and names") {
  Dataset<> named = data;
  named.feature_names = {"number"};
  const SplitOptions options{.train = 0.5, .dev = 0.25, .seed = 4};
  const SplitIndices indices = split_indices(named, options);
  const auto [train, dev, test] = split(named, options);
  CHECK(train.x == named.subset(indices.train).x);
  CHECK(train.y == named.subset(indices.train).y);
  CHECK(dev.x == named.subset(indices.dev).x);
  CHECK(test.x == named.subset(indices.test).x);
  CHECK(test.feature_names == named.feature_names);
}

TEST_CASE("split: the default fractions are 60 % and 20 % and 20 %") {
  const auto [train, dev, test] = split(data);
  CHECK(train.samples() == 120);
  CHECK(dev.samples() == 40);
  CHECK(test.samples() == 40);
}

TEST_CASE("split: fractions out of range are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Fractions& fractions :
       {Fractions{0, 0.5}, {-0.1, 0.5}, {0.5, -0.1}, {0.7, 0.4}, {60, 20}, {nan, 0.2}, {0.6, nan}}) {
    CAPTURE(fractions.train, fractions.dev);
    CHECK_THAT(message_of<DataError>([&] { split(data, {.train = fractions.train, .dev = fractions.dev}); }),
               ContainsSubstring("split: expected train > 0, dev >= 0 and train + dev <= 1, got train = "));
  }
  CHECK(message_of<DataError>([] { split(data, {.train = 60, .dev = 20}); }) ==
        "split: expected train > 0, dev >= 0 and train + dev <= 1, got train = 60 and dev = 20; pass "
        "fractions of 1, such as {.train = 0.6, .dev = 0.2}; the remainder is the test set");
}

TEST_CASE("split: an empty set and stratification without classes are refused") {
  CHECK_THAT(message_of<DataError>([] { split(Dataset<>{}); }),
             ContainsSubstring("split: expected samples in the data, got an empty set"));

  const std::string no_classes =
      "split: expected one row of integers, the classes, got other targets; set .stratify = false for "
      "targets "
      "that are not classes";
  Dataset<> other = data;
  SECTION("fractions as targets") { other.y(0, 7) = 0.5F; }
  SECTION("several rows of targets") { other.y = Matrix<>::Zero(2, 200); }
  CHECK(message_of<DataError>([&] { split(other, {.stratify = true}); }) == no_classes);
  CHECK_NOTHROW(split(other, {.stratify = false}));
}

TEST_CASE("split: weights stay with their samples") {
  Dataset<> numbered{Matrix<>(1, 20), Matrix<>(1, 20)};
  for (Index j = 0; j < 20; ++j)
    numbered.x(0, j) = static_cast<float>(j), numbered.y(0, j) = static_cast<float>(j % 2);
  numbered.weights = numbered.x.transpose();
  for (const bool stratify : {false, true}) {
    const auto [train, dev, test] = split(numbered, {.train = 0.5, .dev = 0.25, .stratify = stratify});
    for (const auto* part : {&train, &dev, &test}) CHECK(part->weights == part->x.transpose());
  }
}

}  // namespace split_test
