#include "descent/linalg/product.hpp"

#include <array>
#include <utility>

#include "descent/parallel/thread_workers.hpp"
#include "support.hpp"

namespace product_test {

using namespace descent;

/// Makes matrices of numbers from -1 to 1.
template <class T>
struct SomeMatrices {
  Rng rng{1};

  Matrix<T> operator()(Index rows, Index cols) {
    Matrix<T> m(rows, cols);
    for (T& value : m.reshaped()) value = T(2 * rng.uniform() - 1);
    return m;
  }
};

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
  SomeMatrices<T> some;
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

// Operands and results are blocks of larger matrices, whose other numbers stay as they are.
TEMPLATE_TEST_CASE("Product: products of parts of larger matrices equal their definition", "[linalg]", float,
                   double) {
  using T = TestType;
  SomeMatrices<T> some;
  for (const Index rows : {1, 2, 17, 70})
    for (const Index cols : {1, 3, 40})
      for (const Index depth : {0, 1, 5, 40}) {
        CAPTURE(rows, cols, depth);
        const Matrix<T> a = some(rows + 3, depth + 1), b = some(depth + 2, cols), at = a.transpose(),
                        bt = b.transpose(), before = some(rows + 1, cols + 2);
        const Matrix<T> product = a.topLeftCorner(rows, depth) * b.topRows(depth);
        Matrix<T> c, expected = before;
        expected.block(1, 1, rows, cols) = product;
        const auto gemm = [&](const Matrix<T>& left, bool transpose_a, const Matrix<T>& right,
                              bool transpose_b) {
          c = before;
          return detail::Gemm<T>{{left.data(), left.rows(), transpose_a},
                                 {right.data(), right.rows(), transpose_b},
                                 &c(1, 1),
                                 c.rows(),
                                 rows,
                                 cols,
                                 depth};
        };
        const auto distance = [&] { return static_cast<double>((c - expected).norm()); };
        Product<T>::multiply(gemm(a, false, b, false));
        CHECK(distance() < 1e-4);
        Product<T>::multiply(gemm(at, true, b, false));
        CHECK(distance() < 1e-4);
        Product<T>::multiply(gemm(a, false, bt, true));
        CHECK(distance() < 1e-4);
      }
}

// Sizes around the tiles and the runs of terms; the deepest is packed in slices.
TEMPLATE_TEST_CASE("Product: any number of threads computes the same bits", "[linalg][threads]", float,
                   double) {
  using T = TestType;
  SomeMatrices<T> some;
  struct Size {
    Index rows, cols, depth;
  };
  for (const Size size :
       {Size{256, 128, 784}, Size{10, 512, 700}, Size{1500, 40, 300}, Size{47, 129, 333}, Size{97, 95, 411},
        Size{1, 5000, 300}, Size{5000, 1, 300}, Size{2, 4001, 130}, Size{4001, 3, 130}, Size{145, 151, 1030},
        Size{530, 70, 64}, Size{50, 60, 80'000}}) {
    const auto [rows, cols, depth] = size;
    CAPTURE(rows, cols, depth);
    const Matrix<T> a = some(rows, depth), b = some(depth, cols), at = a.transpose(), bt = b.transpose();
    const auto products = [&](Workers& workers) {
      std::array<Matrix<T>, 3> c;
      Product<T>::plain(a, b, c[0], workers);
      Product<T>::transposed_left(at, b, c[1], workers);
      Product<T>::transposed_right(a, bt, c[2], workers);
      return c;
    };
    const auto expected = products(single_thread);
    for (const int threads : {2, 3, 8}) {
      CAPTURE(threads);
      ThreadWorkers workers{threads};
      const auto c = products(workers);
      CHECK(c[0] == expected[0]);
      CHECK(c[1] == expected[1]);
      CHECK(c[2] == expected[2]);
    }
  }
}

TEMPLATE_TEST_CASE("Product: the bits of a sample do not depend on the others", "[linalg]", float, double) {
  using T = TestType;
  SomeMatrices<T> some;
  for (const Index rows : {3, 32, 50, 700})
    for (const Index depth : {20, 300, 600}) {
      CAPTURE(rows, depth);
      const Matrix<T> w = some(rows, depth), x = some(depth, 97);
      const Vector<T> offset = some(rows, 1);
      Matrix<T> all, some_columns;
      Product<T>::affine(w, x, offset, all);
      for (const Index count : {2, 13, 50}) {
        Product<T>::affine(w, x.middleCols(40, count), offset, some_columns);
        CHECK(some_columns == all.middleCols(40, count));
      }
      Product<T>::transposed_left(Matrix<T>{w.transpose()}, x, some_columns);
      Product<T>::plain(w, x, all);
      CHECK(some_columns == all);
    }
}

TEST_CASE("Grid: is the fastest of those that fit", "[linalg]") {
  using detail::Grid;
  const auto of = [](Index rows, Index cols, Index most) {
    const Grid grid = Grid::best(rows, cols, {48, 8}, most);
    return std::pair{grid.rows, grid.cols};
  };
  CHECK(of(2048, 512, 1) == std::pair<Index, Index>{1, 1});
  CHECK(of(2048, 2048, 16) == std::pair<Index, Index>{4, 4});
  CHECK(of(10, 512, 16) == std::pair<Index, Index>{1, 16});
  CHECK(of(16 * 480, 8, 16) == std::pair<Index, Index>{16, 1});
}

}  // namespace product_test
