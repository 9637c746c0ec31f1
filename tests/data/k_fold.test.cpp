#include "descent/data/k_fold.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace k_fold_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

// Sample j has the feature j; the first `ones` samples are of class 1, the others of class 0.
Dataset<> with_ones(Index samples, Index ones) {
  Dataset<> data{.x = Matrix<>(1, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    data.x(0, j) = static_cast<float>(j);
    data.y(0, j) = j < ones ? 1.0F : 0.0F;
  }
  return data;
}

std::vector<Index> counted_to(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

}  // namespace

TEST_CASE("k_fold: each sample is held out once and trained on in all other folds") {
  for (const Index samples : {2, 7, 10, 53, 100}) {
    for (const Index folds : {2, 3, 5, 10, 53}) {
      if (folds > samples) continue;
      for (const bool stratify : {false, true}) {
        CAPTURE(samples, folds, stratify);
        const Dataset<> data = with_ones(samples, samples / 3);
        const std::vector<FoldIndices> all =
            k_fold_indices(data, {.folds = folds, .stratify = stratify, .seed = 4});
        REQUIRE(static_cast<Index>(all.size()) == folds);

        std::vector<Index> held_out;
        for (const auto& [train, validation] : all) {
          std::vector<Index> both;  // of sorted inputs: a partition if the union is every sample once
          std::merge(train.begin(), train.end(), validation.begin(), validation.end(),
                     std::back_inserter(both));
          CHECK(both == counted_to(samples));
          held_out.insert(held_out.end(), validation.begin(), validation.end());
        }
        std::sort(held_out.begin(), held_out.end());
        CHECK(held_out == counted_to(samples));
      }
    }
  }
}

TEST_CASE("k_fold: fold sizes differ by at most one sample in total and in each class") {
  const Dataset<> data = with_ones(103, 31);
  for (const auto& [train, validation] : k_fold_indices(data, {.folds = 10, .stratify = true})) {
    const auto ones = std::count_if(validation.begin(), validation.end(), [](Index i) { return i < 31; });
    CHECK((validation.size() == 10 || validation.size() == 11));
    CHECK((ones == 3 || ones == 4));
  }
  for (const auto& [train, validation] : k_fold_indices(data, {.folds = 10}))
    CHECK((validation.size() == 10 || validation.size() == 11));
}

TEST_CASE("k_fold: the same seed gives the same folds and another seed others") {
  const Dataset<> data = with_ones(40, 10);
  const auto held_out = [&](std::uint64_t seed) {
    return k_fold_indices(data, {.seed = seed})[0].validation;
  };
  CHECK(held_out(1) == held_out(1));
  CHECK(held_out(1) != held_out(2));
}

TEST_CASE("k_fold: returns the samples of k_fold_indices") {
  Dataset<> data = with_ones(20, 5);
  data.feature_names = {"number"};
  const KFoldOptions options{.folds = 4, .stratify = true, .seed = 2};
  const std::vector<FoldIndices> indices = k_fold_indices(data, options);
  const std::vector<Fold<>> folds = k_fold(data, options);
  REQUIRE(folds.size() == 4);
  for (std::size_t i = 0; i < folds.size(); ++i) {
    CHECK(folds[i].train.x == data.subset(indices[i].train).x);
    CHECK(folds[i].train.y == data.subset(indices[i].train).y);
    CHECK(folds[i].validation.x == data.subset(indices[i].validation).x);
    CHECK(folds[i].validation.feature_names == data.feature_names);
  }
  CHECK(k_fold(data).size() == 5);
}

TEST_CASE("k_fold: numbers of folds out of range and unusable data are refused") {
  const Dataset<> data = with_ones(4, 2);
  for (const Index folds : {-1, 0, 1, 5}) {
    CAPTURE(folds);
    CHECK(message_of<DataError>([&] { k_fold(data, {.folds = folds}); }) ==
          detail::joined("k_fold: expected from 2 to 4 folds, the number of samples, got ", folds,
                         "; choose .folds = 5 or 10, or the number of samples for leave-one-out"));
  }
  CHECK_THAT(message_of<DataError>([] { k_fold(Dataset<>{}); }),
             ContainsSubstring("k_fold: expected samples"));
  Dataset<> fractions = data;
  fractions.y(0, 1) = 0.5F;
  CHECK_THAT(message_of<DataError>([&] { k_fold(fractions, {.folds = 2, .stratify = true}); }),
             ContainsSubstring("k_fold: expected one row of integers, the classes"));
}

TEST_CASE("k_fold: weights stay with their samples") {
  Dataset<> data{Matrix<>(1, 20), Matrix<>(1, 20)};
  for (Index j = 0; j < 20; ++j)
    data.x(0, j) = static_cast<float>(j), data.y(0, j) = static_cast<float>(j % 2);
  data.weights = data.x.transpose();
  for (const auto& [train, validation] : k_fold(data, {.folds = 4, .stratify = true})) {
    CHECK(train.weights == train.x.transpose());
    CHECK(validation.weights == validation.x.transpose());
  }
}

}  // namespace k_fold_test
