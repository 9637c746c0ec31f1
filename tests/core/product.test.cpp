#include "descent/core/product.hpp"

#include "support.hpp"

using namespace descent;

TEMPLATE_TEST_CASE("Products have the size and the value of their definition", "[core]", float, double) {
  const Matrix<TestType> a{{1, 2, 3}, {4, 5, 6}}, b{{1, 0}, {2, 1}, {0, 3}};
  Matrix<TestType> c;
  Product<TestType>::plain(a, b, c);
  CHECK(c == Matrix<TestType>{{5, 11}, {14, 23}});
  Matrix<TestType> d;
  Product<TestType>::transposed_left(a, a, d);
  CHECK(d == Matrix<TestType>{{17, 22, 27}, {22, 29, 36}, {27, 36, 45}});
  Product<TestType>::transposed_right(a, a, d);
  CHECK(d == Matrix<TestType>{{14, 32}, {32, 77}});
}
