#include "descent/core/sample_weights.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace sample_weights_test {

using namespace descent;
using support::message_of;

TEST_CASE("WeightedSum: the sums of batches add up") {
  WeightedSum sum{6, 4};
  sum += {4, 1};
  CHECK(sum.sum == 10);
  CHECK(sum.weight == 5);
  CHECK(sum.mean() == 2);
  CHECK(std::isnan(WeightedSum{}.mean()));
}

TEST_CASE("SampleWeights: an empty view means weights of 1") {
  const SampleWeights<> none;
  CHECK(none.empty());
  CHECK(none(7) == 1);
  CHECK(none.sum(5) == 5);
  CHECK(none.segment(2, 3).sum(3) == 3);
  int ranges = 0;
  none.for_each_range(5, [&](Index first, Index count, float weight) {
    CHECK(first == 0);
    CHECK(count == 5);
    CHECK(weight == 1);
    ++ranges;
  });
  CHECK(ranges == 1);
}

TEST_CASE("SampleWeights: a vector converts without a copy") {
  const Vector<> numbers{{1, 0, 2.5F, 3}};
  const SampleWeights<> weights = numbers;
  CHECK(weights.size() == 4);
  CHECK(weights(2) == 2.5F);
  CHECK(weights.sum(4) == 6.5);
  CHECK(weights.segment(1, 2).sum(2) == 2.5);
  std::vector<Index> samples;
  weights.for_each_range(4, [&](Index first, Index count, float weight) {
    CHECK(count == 1);
    CHECK(weight == numbers[first]);
    samples.push_back(first);
  });
  CHECK(samples == std::vector<Index>{0, 2, 3});
}

TEST_CASE("divide_by_weight: returns the gradient of the mean or 0 if the weight is 0") {
  Matrix<> gradient{{4, -2}};
  divide_by_weight(gradient, 4);
  CHECK(gradient == Matrix<>{{1, -0.5F}});
  divide_by_weight(gradient, 0);
  CHECK(gradient.isZero(0));
}

TEST_CASE("SampleWeights: errors name a wrong number of weights and invalid weights") {
  const Vector<> two{{1, 2}};
  CHECK(message_of<ShapeError>([&] { detail::expect_weights("step", SampleWeights<>{two}, 3); }) ==
        "step: expected 3 weights, one per sample, got 2; pass one weight per sample, or none if all count "
        "the same");
  for (const float wrong : {-1.0F, std::nanf(""), HUGE_VALF}) {
    const Vector<> bad{{1, wrong}};
    CHECK_THAT(message_of<DataError>(
                   [&] { detail::expect_weight_values("step", SampleWeights<>{bad}, "the batch"); }),
               Catch::Matchers::StartsWith("step: expected weights of 0 or more in the batch, got ") &&
                   Catch::Matchers::ContainsSubstring("for sample 1; choose 0"));
  }
}

}  // namespace sample_weights_test
