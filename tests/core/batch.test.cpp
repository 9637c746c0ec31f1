#include "descent/core/batch.hpp"

#include <type_traits>
#include <vector>

#include "catch.hpp"

namespace batch_test {

using namespace descent;

namespace {

// Two features of three samples; column j is sample j.
Matrix<> three_samples() {
  Matrix<> m(2, 3);
  m << 1, 2, 3,  //
      4, 5, 6;
  return m;
}

}  // namespace

TEST_CASE("Batch: a matrix converts without a copy") {
  Matrix<> m = three_samples();
  const Batch<> batch{m};
  CHECK(batch.data() == m.data());
  CHECK(batch == m);
  m(1, 2) = 60;
  CHECK(batch(1, 2) == 60);
}

TEST_CASE("Batch: a vector is one sample") {
  const Vector<> v = Vector<>::LinSpaced(4, 1, 4);
  const Batch<> batch{v};
  CHECK(batch.data() == v.data());
  CHECK(batch.rows() == 4);
  CHECK(batch.cols() == 1);
}

TEST_CASE("Batch: a range of columns converts without a copy") {
  const Matrix<> m = three_samples();
  const Batch<> last_two{m.middleCols(1, 2)};
  CHECK(last_two.data() == m.data() + 2);
  CHECK(last_two == m.rightCols(2));

  const Batch<> whole{m};
  const Batch<> of_a_batch{whole.leftCols(1)};
  CHECK(of_a_batch == m.leftCols(1));
}

TEST_CASE("feature_columns: returns a column for each sample or each position without a copy") {
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

TEST_CASE("Batch: a map of foreign memory converts without a copy") {
  std::vector<float> memory{1, 4, 2, 5, 3, 6};
  const Eigen::Map<Matrix<>> map{memory.data(), 2, 3};
  const Batch<> batch{map};
  CHECK(batch.data() == memory.data());
  CHECK(batch == three_samples());
}

TEST_CASE("Batch: single samples convert without a copy") {
  const Matrix<> m = three_samples();
  const Eigen::Vector2f fixed{1, 4};
  const Eigen::Ref<const Vector<>> ref = fixed;
  const Eigen::Map<const Eigen::VectorXf> map{m.data(), 6};
  const auto sample = [](const Batch<>& x) {
    CHECK(x.samples() == 1);
    return x.data();
  };
  CHECK(sample(m.col(1)) == m.data() + 2);
  CHECK(sample(fixed) == fixed.data());
  CHECK(sample(ref) == fixed.data());
  CHECK(sample(map) == m.data());
  CHECK(sample(map.segment(2, 3)) == m.data() + 2);
  const Eigen::RowVector3f targets{1, 2, 3};
  CHECK(Batch<>{targets}.rows() == 1);
  CHECK(Batch<>{targets} == targets);
}

TEST_CASE("Batch: only contiguous expressions of the same scalar type convert") {
  Matrix<> changing = three_samples();
  const Matrix<> m = changing;
  STATIC_REQUIRE(BatchLike<Matrix<>>);
  STATIC_REQUIRE(BatchLike<Matrix<double>>);
  STATIC_REQUIRE(BatchLike<Vector<>>);
  STATIC_REQUIRE(BatchLike<Batch<double>>);
  STATIC_REQUIRE(BatchLike<Eigen::Map<const Matrix<>>>);
  STATIC_REQUIRE(BatchLike<decltype(m.leftCols(1))>);
  STATIC_REQUIRE(BatchLike<decltype(changing.leftCols(1))>);

  STATIC_REQUIRE_FALSE(BatchLike<decltype(m.topRows(1))>);   // has gaps between the columns
  STATIC_REQUIRE_FALSE(BatchLike<decltype(m.transpose())>);  // is stored by rows
  STATIC_REQUIRE_FALSE(BatchLike<decltype(m + m)>);          // is not stored at all
  STATIC_REQUIRE_FALSE(BatchLike<Eigen::Matrix<float, 2, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Matrix<double>, Batch<float>>);  // has another scalar type
}

TEST_CASE("Batch: knows the shape of its samples") {
  const Matrix<> m = Matrix<>::Random(12, 5);
  CHECK(Batch{m}.shape() == Shape{12});
  const Batch images{m, Shape{.channels = 3, .height = 2, .width = 2}};
  CHECK(images.shape() == Shape{3, 2, 2});
  CHECK(images.samples() == 5);
  CHECK(images == m);

  const Batch<> pixels = images.channels();
  CHECK(pixels.data() == m.data());
  CHECK(pixels.rows() == 3);
  CHECK(pixels.cols() == 4 * 5);
  CHECK(pixels.col(4) == m.col(1).head(3));

  const Batch<> middle = images.columns(1, 3);
  CHECK(middle.shape() == images.shape());
  CHECK(middle == m.middleCols(1, 3));
  CHECK(images.reshaped(Shape{12}).shape() == Shape{12});
  CHECK_THROWS_WITH(
      (Batch{m, Shape{3, 2, 3}}),
      "Batch: expected a shape of 12 values, got 3 x 2 x 3; pass channels, height and width whose "
      "product is the number of rows");
}

TEST_CASE("Batch: sequences carry their lengths") {
  const Matrix<> m = Matrix<>::Zero(8, 3);
  const std::vector<Index> lengths{4, 2, 3};
  const Batch<> batch = Batch{m, Shape{2, 1, 4}}.with_lengths(lengths);
  CHECK(std::vector<Index>(batch.lengths().begin(), batch.lengths().end()) == lengths);
  CHECK(batch.columns(1, 2).lengths()[0] == 2);
  CHECK(batch.columns(1, 2).lengths().size() == 2);
  CHECK(Batch{m}.lengths().empty());
  const std::vector<Index> too_few{4, 2}, too_long{4, 2, 5};
  CHECK_THROWS_AS(batch.with_lengths(too_few), ShapeError);
  CHECK_THROWS_WITH(batch.with_lengths(too_few),
                    "Batch: expected a length for each of 3 samples, got 2; pass one length per sample");
  CHECK_THROWS_AS(batch.with_lengths(too_long), DataError);
  for (const Index wrong : {5, -1})
    CHECK_THROWS_WITH(batch.with_lengths(std::vector<Index>{4, wrong, 3}),
                      detail::joined("Batch: expected lengths from 0 to 4, got ", wrong,
                                     "; pass the number of time steps of each sequence without its padding"));
}

TEST_CASE("Batch: lengths are those of sequences, and a reshape to another width drops them") {
  const Matrix<> m = Matrix<>::Zero(8, 3);
  const std::vector<Index> lengths{4, 2, 0};
  const Batch<> batch = Batch{m, Shape{2, 1, 4}}.with_lengths(lengths);
  CHECK(batch.length(1) == 2);
  CHECK(Batch{m, Shape{2, 1, 4}}.length(1) == 4);
  CHECK(batch.reshaped({8}).lengths().empty());
  CHECK_THROWS_AS((Batch{m, Shape{1, 2, 4}}.with_lengths(lengths)), ShapeError);
  CHECK_THROWS_AS(feature_columns("Dense", 8, batch), ShapeError);
  CHECK(feature_columns("Dense", 2, batch).cols() == 12);
}

TEST_CASE("clear_padding: the numbers after the last step become 0") {
  Matrix<> m = Matrix<>::Ones(4, 2);
  const std::vector<Index> lengths{1, 2};
  clear_padding(Batch{m, Shape{2, 1, 2}}.with_lengths(lengths), m);
  CHECK(m == Matrix<>{{1, 1}, {1, 1}, {0, 1}, {0, 1}});
}

TEST_CASE("Batch: assignment rebinds the view and writes nothing") {
  const Matrix<> one = Matrix<>::Ones(2, 2), other = Matrix<>::Zero(3, 1);
  Batch<> batch{one};
  batch = other;
  CHECK(batch.data() == other.data());
  CHECK(batch.shape() == Shape{3});
  CHECK(one == Matrix<>::Ones(2, 2));
}

}  // namespace batch_test
