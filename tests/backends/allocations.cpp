#include "allocations/count.hpp"
#include "backend.hpp"
#include "catch.hpp"

using backend::multiply, backend::Product;
using Eigen::MatrixXf;

TEST_CASE("Product: after warm-up only the backend allocates") {
  const MatrixXf x = MatrixXf::Random(200, 300), small = MatrixXf::Random(16, 16);
  MatrixXf square, wide, tiny;
  const auto products = [&] {
    multiply(Product::transposed_left, x, x, square);
    multiply(Product::plain, x, square, wide);
    multiply(Product::transposed_right, small, small, tiny);
  };
  products();
  const CountAllocations count;
  products();
  INFO(count.of_libraries() << " allocations by libraries");
  CHECK(count.own() == 0);
}
