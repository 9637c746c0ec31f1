#include "descent/losses/scored_samples.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"

namespace scored_samples_test {

using namespace descent;

namespace {

// Two sequences of three time steps with two outputs each.
const Matrix<> outputs{{1, 7}, {2, 8}, {3, 9}, {4, 10}, {5, 11}, {6, 12}};
const Shape sequence{.channels = 2, .width = 3};
const Matrix<> classes{{0, 1}, {1, 0}, {1, 1}};

}  // namespace

TEST_CASE("scored_samples: time steps with targets are samples, without a copy") {
  detail::ScoredMemory<float> memory;
  const auto scored = detail::scored_samples(Batch<>{outputs, sequence}, Batch<>{classes}, {}, memory);
  CHECK(scored.prediction.data() == outputs.data());
  CHECK(scored.prediction.rows() == 2);
  CHECK(scored.prediction.cols() == 6);
  CHECK(scored.target == Matrix<>{{0, 1, 1, 1, 0, 1}});
  CHECK(scored.weights.empty());
}

TEST_CASE("scored_samples: a target for a whole sample leaves it whole") {
  detail::ScoredMemory<float> memory;
  const Matrix<> target{{0, 1}};
  const auto scored = detail::scored_samples(Batch<>{outputs, sequence}, Batch<>{target}, {}, memory);
  CHECK(scored.prediction.cols() == 2);
  CHECK(scored.target.rows() == 1);
}

TEST_CASE("scored_samples: a time step has the weight of its sequence") {
  detail::ScoredMemory<float> memory;
  const Vector<> weights{{2, 3}};
  const auto scored =
      detail::scored_samples(Batch<>{outputs, sequence}, Batch<>{classes}, SampleWeights<>{weights}, memory);
  CHECK(memory.weights == Vector<>{{2, 2, 2, 3, 3, 3}});
  CHECK(scored.weights(4) == 3);
}

TEST_CASE("scored_samples: a step in the padding has weight 0, outputs of 0 and a valid target") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  Matrix<> y = outputs, target = classes;
  y(2, 1) = nan;
  target(2, 1) = nan;
  target(1, 1) = -77;
  detail::ScoredMemory<float> memory;
  const std::vector<Index> lengths{3, 1};
  const auto scored =
      detail::scored_samples(Batch<>{y, sequence}.with_lengths(lengths), Batch<>{target}, {}, memory);
  CHECK(scored.prediction == Matrix<>{{1, 3, 5, 7, 0, 0}, {2, 4, 6, 8, 0, 0}});
  CHECK(scored.target == Matrix<>{{0, 1, 1, 1, 0, 0}});
  CHECK(memory.weights == Vector<>{{1, 1, 1, 1, 0, 0}});
}

TEST_CASE("scored_samples: without a time step there are no samples") {
  detail::ScoredMemory<float> memory;
  const std::vector<Index> lengths{0, 0};
  const auto scored =
      detail::scored_samples(Batch<>{outputs, sequence}.with_lengths(lengths), Batch<>{classes}, {}, memory);
  CHECK(scored.prediction.samples() == 0);
}

TEST_CASE("scored_samples: padded outputs need targets at each time step") {
  detail::ScoredMemory<float> memory;
  const std::vector<Index> lengths{3, 1};
  const Matrix<> target{{0, 1}};
  CHECK_THROWS_AS(
      detail::scored_samples(Batch<>{outputs, sequence}.with_lengths(lengths), Batch<>{target}, {}, memory),
      ShapeError);
}

}  // namespace scored_samples_test
