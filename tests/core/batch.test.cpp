#include "descent/core/batch.hpp"

#include <type_traits>
#include <vector>

#include "catch.hpp"

namespace batch_test {

using namespace descent;

namespace {

// Two features of three samples: column j holds sample j.
Matrix<> three_samples() {
  Matrix<> m(2, 3);
  m << 1, 2, 3,  //
      4, 5, 6;
  return m;
}

}  // namespace

TEST_CASE("A batch looks at a matrix without a copy") {
  Matrix<> m = three_samples();
  const Batch<> batch{m};
  CHECK(batch.data() == m.data());
  CHECK(batch == m);
  m(1, 2) = 60;
  CHECK(batch(1, 2) == 60);
}

TEST_CASE("A vector is a batch of one sample") {
  const Vector<> v = Vector<>::LinSpaced(4, 1, 4);
  const Batch<> batch{v};
  CHECK(batch.data() == v.data());
  CHECK(batch.rows() == 4);
  CHECK(batch.cols() == 1);
}

TEST_CASE("A range of columns is a batch without a copy") {
  const Matrix<> m = three_samples();
  const Batch<> last_two{m.middleCols(1, 2)};
  CHECK(last_two.data() == m.data() + 2);
  CHECK(last_two == m.rightCols(2));

  const Batch<> whole{m};
  const Batch<> of_a_batch{whole.leftCols(1)};
  CHECK(of_a_batch == m.leftCols(1));
}

TEST_CASE("feature_columns: a column for each sample or for each position, in the same memory") {
  const Matrix<> m = Matrix<>::Random(12, 5);
  const Batch<> images{m, Shape{.channels = 2, .height = 3, .width = 2}};
  const Batch<> whole = feature_columns("Dense", 12, images), each = feature_columns("Dense", 2, images);
  CHECK(whole.data() == m.data());
  CHECK(whole.rows() == 12);
  CHECK(whole.cols() == 5);
  CHECK(each.data() == m.data());
  CHECK(each.rows() == 2);
  CHECK(each.cols() == 30);  // 5 samples of 3 x 2 positions
  CHECK(each.shape() == Shape{2});
  CHECK_THROWS_WITH(feature_columns("Dense", 3, images),
                    "Dense: expected 3 features, got 2 channels x 3 x 2");
}

TEST_CASE("Memory that is not Eigen's is a batch through a map") {
  std::vector<float> memory{1, 4, 2, 5, 3, 6};
  const Eigen::Map<Matrix<>> map{memory.data(), 2, 3};
  const Batch<> batch{map};
  CHECK(batch.data() == memory.data());
  CHECK(batch == three_samples());
}

TEST_CASE("Only what lies in memory as a batch converts to one") {
  const Matrix<> m = three_samples();
  STATIC_REQUIRE(BatchLike<Matrix<>>);
  STATIC_REQUIRE(BatchLike<Matrix<double>>);
  STATIC_REQUIRE(BatchLike<Vector<>>);
  STATIC_REQUIRE(BatchLike<Batch<double>>);
  STATIC_REQUIRE(BatchLike<Eigen::Map<const Matrix<>>>);
  STATIC_REQUIRE(BatchLike<decltype(m.leftCols(1))>);

  STATIC_REQUIRE_FALSE(BatchLike<decltype(m.topRows(1))>);   // leaves gaps between the columns
  STATIC_REQUIRE_FALSE(BatchLike<decltype(m.transpose())>);  // has one row a sample
  STATIC_REQUIRE_FALSE(BatchLike<decltype(m + m)>);          // is not in memory at all
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Matrix<double>, Batch<float>>);  // has another scalar
}

}  // namespace batch_test
