#include "allocations/count.hpp"
#include "backend.hpp"
#include "catch.hpp"

using namespace descent;
using backend::multiply, backend::Product;

TEST_CASE("Product: after warm-up only the backend allocates") {
  const Matrix<float> x = Matrix<float>::Random(200, 300), small = Matrix<float>::Random(16, 16);
  Matrix<float> square, wide, tiny;
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
