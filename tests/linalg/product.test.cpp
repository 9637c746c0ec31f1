#include "descent/linalg/product.hpp"

#include "support.hpp"

namespace product_test {

using namespace descent;

TEMPLATE_TEST_CASE("Product: small products equal their definition", "[linalg]", float, double) {
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

TEMPLATE_TEST_CASE("Product: products of all sizes equal their definition", "[linalg]", float, double) {
  using T = TestType;
  const double tolerance = std::is_same_v<T, float> ? 1e-3 : 1e-11;  // for up to 1650 sums of up to 300 terms
  Rng rng{1};
  const auto some = [&](Index rows, Index cols) {
    Matrix<T> m(rows, cols);
    for (T& value : m.reshaped()) value = T(2 * rng.uniform() - 1);
    return m;
  };
  for (const Index rows : {0, 1, 2, 7, 50})
    for (const Index cols : {0, 1, 3, 33})
      for (const Index depth : {0, 1, 2, 17, 300}) {
        CAPTURE(rows, cols, depth);
        const Matrix<T> a = some(rows, depth), b = some(depth, cols), at = a.transpose(), bt = b.transpose();
        Matrix<T> expected = Matrix<T>::Zero(rows, cols), c;
        for (Index k = 0; k < depth; ++k)
          for (Index j = 0; j < cols; ++j)
            for (Index i = 0; i < rows; ++i) expected(i, j) += a(i, k) * b(k, j);
        const auto distance = [&] { return static_cast<double>((c - expected).norm()); };
        Product<T>::plain(a, b, c);
        REQUIRE((c.rows() == rows && c.cols() == cols));
        CHECK(distance() <= tolerance);
        Product<T>::transposed_left(at, b, c);
        REQUIRE((c.rows() == rows && c.cols() == cols));
        CHECK(distance() <= tolerance);
        Product<T>::transposed_right(a, bt, c);
        REQUIRE((c.rows() == rows && c.cols() == cols));
        CHECK(distance() <= tolerance);
      }
}

}  // namespace product_test
