#include "descent/data/dataset.hpp"

#include <array>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "descent/data/augment/augment.hpp"
#include "descent/data/augment/random_flip.hpp"
#include "descent/data/impute.hpp"
#include "descent/data/k_fold.hpp"
#include "descent/data/one_hot.hpp"
#include "descent/data/split.hpp"
#include "descent/data/synthetic.hpp"
#include "support.hpp"

namespace dataset_test {

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

TEST_CASE("Dataset: returns its numbers of samples and features") {
  CHECK(numbered(5).samples() == 5);
  CHECK(numbered(5).features() == 2);
  CHECK(Dataset<>{}.samples() == 0);
}

TEST_CASE("Dataset: a subset has the given samples in that order with targets and names") {
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

TEST_CASE("expect_usable: refuses empty and mismatched and non-finite data") {
  CHECK_NOTHROW(expect_usable(numbered(5), "fit", "the training set"));

  SECTION("no samples") {
    CHECK(complaint_about(numbered(0)) ==
          "fit: expected samples in the training set, got an empty set; check the file that was read, or "
          "choose a larger split");
  }
  SECTION("a missing target") {
    Dataset<> data = numbered(5);
    data.y = data.y.leftCols(4).eval();
    CHECK(complaint_about(data) ==
          "fit: expected a target for each of the 5 samples of the training set, got 4; pass x as [features, "
          "samples] and y as [targets, samples]; transpose the one whose rows are samples");
  }
  SECTION("a feature that is NaN") {
    Dataset<> data = numbered(5);
    data.x(1, 3) = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint_about(data) ==
          "fit: expected finite values in the training set, got nan in feature 1 of sample 3; "
          "remove the sample, or impute the value");
  }
  SECTION("an infinite target") {
    Dataset<> data = numbered(5);
    data.y(0, 4) = -std::numeric_limits<float>::infinity();
    CHECK(complaint_about(data) ==
          "fit: expected finite values in the training set, got -inf in target 0 of sample 4; "
          "remove the sample, or impute the value");
  }
}

TEST_CASE("Dataset: its scalar is deduced from matrices and expressions") {
  const Matrix<double> rows = Matrix<double>::Constant(5, 2, 0.5), y = Matrix<double>::Zero(1, 5);
  const Dataset data{rows.transpose(), y};
  STATIC_REQUIRE(std::is_same_v<decltype(data), const Dataset<double>>);
  CHECK(data.features() == 2);
  CHECK(data.samples() == 5);
  const Dataset named{rows.transpose(), y.row(0), {"a", "b"}, {"cat", "dog"}};
  CHECK(named.x == rows.transpose());
  CHECK(named.feature_names == std::vector<std::string>{"a", "b"});
  CHECK(named.class_names == std::vector<std::string>{"cat", "dog"});
}

TEST_CASE("expect_same_names: sets with different names are refused") {
  Dataset<> train = numbered(5), test = numbered(3);
  const auto complaint = [&] {
    return message_of<DataError>([&] { expect_same_names(train, test, "fit", "the validation set"); });
  };
  train.feature_names = {"a", "b"};
  train.class_names = {"cat", "cow", "dog"};
  CHECK_NOTHROW(expect_same_names(train, test, "fit", "the validation set"));
  test.class_names = train.class_names;
  test.feature_names = {"a", "b"};
  CHECK_NOTHROW(expect_same_names(train, test, "fit", "the validation set"));

  SECTION("features in a different order") {
    test.feature_names = {"b", "a"};
    CHECK(complaint() ==
          "fit: expected features named as in the training set, got \"b\" as number 0 of the validation set "
          "instead of \"a\"; read the file with the columns of the training set: read_csv(path, like(train, "
          "options))");
  }
  SECTION("a missing class between others") {
    test.class_names = {"cat", "dog"};
    CHECK_THAT(complaint(),
               Catch::Matchers::ContainsSubstring(
                   "expected classes named as in the training set, got \"dog\" as number 1 of the "
                   "validation set instead of \"cow\""));
  }
  SECTION("a missing last class") {
    test.class_names = {"cat", "cow"};
    CHECK_THAT(complaint(), Catch::Matchers::ContainsSubstring(
                                "got none as number 2 of the validation set instead of \"dog\""));
  }
  SECTION("an additional class") {
    test.class_names.push_back("emu");
    CHECK_THAT(complaint(), Catch::Matchers::ContainsSubstring(
                                "got \"emu\" as number 3 of the validation set instead of none"));
  }
}

TEST_CASE("Dataset: a subset with an index out of range is refused") {
  const Dataset<> data{.x = Matrix<>::Ones(2, 3), .y = Matrix<>::Ones(1, 3)};
  const Dataset<> without_targets{.x = Matrix<>::Ones(2, 3), .y = Matrix<>::Ones(1, 2)};
  for (const Index i : {Index{-1}, Index{3}})
    CHECK_THROWS_AS(data.subset(std::vector<Index>{0, i}), DataError);
  CHECK_THROWS_AS(without_targets.subset(std::vector<Index>{2}), DataError);
}

TEST_CASE("Dataset: weights follow their samples into a subset") {
  Dataset<> data = numbered(4);
  CHECK(data.subset(std::vector<Index>{1}).weights.size() == 0);
  data.weights = Vector<>{{0, 1, 2, 3}};
  CHECK(data.subset(std::vector<Index>{3, 1, 3}).weights == Vector<>{{3, 1, 3}});
  const Dataset listed{data.x, data.y, {}, {}, data.weights};
  CHECK(listed.weights == data.weights);
}

TEST_CASE("Dataset: weights of a wrong number or value are refused") {
  Dataset<> data = numbered(3);
  data.weights = Vector<>{{1, 0, 2}};
  CHECK_NOTHROW(expect_usable(data, "fit", "the training set"));
  data.weights = Vector<>{{1, 2}};
  const std::string expected =
      "expected a weight for each of the 3 samples of the training set, got 2; leave .weights empty if all "
      "samples have the same weight";
  CHECK(complaint_about(data) == "fit: " + expected);
  CHECK_THROWS_AS(data.subset(std::vector<Index>{0}), ShapeError);
  data.weights = Vector<>{{1, -2, 1}};
  CHECK(complaint_about(data) ==
        "fit: expected weights of 0 or more in the training set, got -2 for sample 1; choose 0 for a sample "
        "that "
        "does not count");
  data.weights = Vector<>{{1, 1, std::numeric_limits<float>::quiet_NaN()}};
  CHECK_THAT(complaint_about(data), Catch::Matchers::ContainsSubstring("for sample 2"));
  data.weights = Vector<>::Zero(3);
  CHECK(complaint_about(data) ==
        "fit: expected a weight above 0 in the training set, got 0 for every sample; leave .weights empty if "
        "all samples have the same weight");
}

TEST_CASE("Dataset: subsets and splits and folds keep its shape") {
  const Shape shape{.channels = 2, .height = 1, .width = 3};
  Dataset<> data{.x = Matrix<>::Random(6, 10), .y = Matrix<>::Zero(1, 10)};
  data.y.rightCols(5).setOnes();
  data.shape = shape;
  CHECK(data.subset(std::array<Index, 2>{3, 1}).shape == shape);
  for (const bool stratify : {false, true}) {
    const auto [train, dev, test] = split(data, {.stratify = stratify});
    for (const Dataset<>* part : {&train, &dev, &test}) CHECK(part->inputs().shape() == shape);
    for (const auto& fold : k_fold(data, {.folds = 2, .stratify = stratify})) {
      CHECK(fold.train.inputs().shape() == shape);
      CHECK(fold.validation.inputs().shape() == shape);
    }
  }
  // In-place changes of the values.
  const Impute<> fill{data.x};
  fill.apply(data.x);
  data.y = one_hot(data.y, 2);
  CHECK(data.inputs().shape() == shape);
  CHECK(circles().sample_shape() == Shape{2});
  Augment{data.shape, RandomFlip{}};
}

}  // namespace dataset_test
