#include "descent/data/dataset.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

using namespace descent;
using support::message_of;

namespace {

// Sample j has the features j and 10 j, and the target -j.
Dataset<> numbered(Index samples) {
  Dataset<> data{.x = Matrix<>(2, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    data.x.col(j) << static_cast<float>(j), static_cast<float>(10 * j);
    data.y(0, j) = static_cast<float>(-j);
  }
  return data;
}

std::string complaint_about(const Dataset<>& data) {
  return message_of<DataError>([&] { expect_usable(data, "fit", "the training set"); });
}

}  // namespace

TEST_CASE("A data set knows its size") {
  CHECK(numbered(5).samples() == 5);
  CHECK(numbered(5).features() == 2);
  CHECK(Dataset<>{}.samples() == 0);
}

TEST_CASE("A subset holds the samples asked for, in that order, with their targets and all names") {
  Dataset<> data = numbered(5);
  data.feature_names = {"a", "b"};
  data.class_names = {"cat", "dog"};
  const std::vector<Index> wanted{4, 0, 4};
  const Dataset<> part = data.subset(wanted);

  Matrix<> x(2, 3), y(1, 3);
  x << 4, 0, 4,  //
      40, 0, 40;
  y << -4, 0, -4;
  CHECK(part.x == x);
  CHECK(part.y == y);
  CHECK(part.feature_names == data.feature_names);
  CHECK(part.class_names == data.class_names);
  CHECK(data.subset({}).samples() == 0);
}

TEST_CASE("Data is usable if there is some, each sample has a target, and all is finite") {
  CHECK_NOTHROW(expect_usable(numbered(5), "fit", "the training set"));

  SECTION("none") {
    CHECK(complaint_about(numbered(0)) ==
          "fit: expected samples in the training set, got an empty set; was the file read and the split "
          "large enough?");
  }
  SECTION("a target too few") {
    Dataset<> data = numbered(5);
    data.y = data.y.leftCols(4).eval();
    CHECK(complaint_about(data) ==
          "fit: expected a target for each of the 5 samples of the training set, got 4; x is [features, "
          "samples] "
          "and y is [targets, samples]: is one of them transposed?");
  }
  SECTION("a feature that is not a number") {
    Dataset<> data = numbered(5);
    data.x(1, 3) = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint_about(data) ==
          "fit: expected finite values in the training set, got nan in feature 1 of sample 3; "
          "remove the sample, or fill the value in");
  }
  SECTION("a target that is infinite") {
    Dataset<> data = numbered(5);
    data.y(0, 4) = -std::numeric_limits<float>::infinity();
    CHECK(complaint_about(data) ==
          "fit: expected finite values in the training set, got -inf in target 0 of sample 4; "
          "remove the sample, or fill the value in");
  }
}

TEST_CASE("Dataset: a subset of samples that are not there is refused") {
  const Dataset<> data{.x = Matrix<>::Ones(2, 3), .y = Matrix<>::Ones(1, 3)};
  const Dataset<> without_targets{.x = Matrix<>::Ones(2, 3), .y = Matrix<>::Ones(1, 2)};
  for (const Index i : {Index{-1}, Index{3}})
    CHECK_THROWS_AS(data.subset(std::vector<Index>{0, i}), DataError);
  CHECK_THROWS_AS(without_targets.subset(std::vector<Index>{2}), DataError);
}
