#include "descent/data/class_weights.hpp"

#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace class_weights_test {

using namespace descent;

namespace {

Dataset<> labeled(const Matrix<>& y) { return {.x = Matrix<>::Zero(1, y.cols()), .y = y}; }

}  // namespace

TEST_CASE("balanced_class_weights: all classes have the same total weight and the mean over samples is 1") {
  // scikit-learn: compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 0, 1, 1, 2, 2]) = [2/3, 4/3, 4/3]
  const std::vector<double> w = balanced_class_weights(labeled(Matrix<>{{0, 0, 0, 0, 1, 1, 2, 2}}));
  REQUIRE(w.size() == 3);
  CHECK(w[0] == 8.0 / 12);
  CHECK(w[1] == 8.0 / 6);
  CHECK(w[2] == 8.0 / 6);
}

TEST_CASE(
    "balanced_class_weights: ignored samples do not count, weights do, and an absent class has weight 0") {
  CHECK(balanced_class_weights(labeled(Matrix<>{{0, -1, 2, -1}})) == std::vector<double>{1, 0, 1});
  Dataset<> data = labeled(Matrix<>{{0, 1}});
  data.weights = Vector<>{{3, 1}};
  CHECK(balanced_class_weights(data) == std::vector<double>{4.0 / 6, 2});
  data.class_names = {"a", "b", "c"};
  CHECK(balanced_class_weights(data).size() == 3);
}

TEST_CASE("balanced_class_weights: one-hot targets are classes") {
  CHECK(balanced_class_weights(labeled(Matrix<>{{1, 1, 0, 1}, {0, 0, 1, 0}})) ==
        std::vector<double>{4.0 / 6, 2});
  CHECK_THROWS_AS(balanced_class_weights(labeled(Matrix<>{{0.5F, 1}, {0.5F, 0}})), DataError);
}

TEST_CASE("balanced_class_weights: targets that are not classes are refused") {
  CHECK_THROWS_AS(balanced_class_weights(labeled(Matrix<>{{0, 0.5F}})), DataError);
  CHECK_THROWS_AS(balanced_class_weights(labeled(Matrix<>{{0, -2}})), DataError);
  CHECK_THROWS_AS(balanced_class_weights(labeled(Matrix<>{{0, 1e9F}})), DataError);
  CHECK_THROWS_AS(balanced_class_weights(Dataset<>{}), DataError);
}

TEST_CASE("balanced_positive_weights: the number of zeros over that of ones in each output") {
  using Weights = std::vector<double>;
  CHECK(balanced_positive_weights(labeled(Matrix<>{{0, 0, 0, 1}})) == Weights{3});
  CHECK(balanced_positive_weights(labeled(Matrix<>{{0, 0, 1}, {1, 0, 1}})) == Weights{2, 0.5});
  Dataset<> data = labeled(Matrix<>{{0, 1}});
  data.weights = Vector<>{{1, 4}};
  CHECK(balanced_positive_weights(data) == Weights{0.25});
  CHECK_THROWS_AS(balanced_positive_weights(labeled(Matrix<>{{0, 1}, {0, 0}})), DataError);
  CHECK_THROWS_AS(balanced_positive_weights(labeled(Matrix<>{{0, 2}})), DataError);
  CHECK_THROWS_AS(balanced_positive_weights(Dataset<>{}), DataError);
}

}  // namespace class_weights_test
