#include "descent/core/types.hpp"

#include <type_traits>

#include <limits>
#include "catch.hpp"

namespace types_test {

using namespace descent;

TEST_CASE("Shape: the size is the number of rows of a sample") {
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{7}.size() == 7);
  CHECK(Shape{3, 4, 5}.size() == 60);
  CHECK(Shape{.channels = 2, .width = 6}.size() == 12);
}

TEST_CASE("Shape: equality compares all sizes") {
  CHECK(Shape{6} == Shape{6, 1, 1});
  CHECK(Shape{6} != Shape{3, 2});
  CHECK(Shape{1, 2, 3} != Shape{1, 3, 2});
}

TEST_CASE("Matrix: the default is single precision in column-major order") {
  STATIC_REQUIRE(std::is_same_v<Matrix<>::Scalar, float>);
  STATIC_REQUIRE(std::is_same_v<Matrix<>, Eigen::MatrixXf>);
  STATIC_REQUIRE(std::is_same_v<Matrix<double>, Eigen::MatrixXd>);
  STATIC_REQUIRE(std::is_same_v<Vector<double>, Eigen::VectorXd>);
  STATIC_REQUIRE_FALSE(Matrix<>::IsRowMajor);
}

TEST_CASE("Shape: the size neither overflows nor is negative") {
  constexpr Index huge = Index{1} << 40, most = Index{1} << 48;
  CHECK(Shape{huge, huge, huge}.size() == most);
  CHECK(Shape{std::numeric_limits<Index>::max()}.size() == most);
  CHECK(Shape{Index{1} << 24, Index{1} << 23, 2}.size() == most);
  CHECK(Shape{-2, -3, 1}.size() == 0);
  CHECK(Shape{0, 3, 4}.size() == 0);
}

}  // namespace types_test
