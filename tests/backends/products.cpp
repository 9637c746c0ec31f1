#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <thread>
#include <vector>

#include "backend.hpp"
#include "catch.hpp"
#include "descent/core/random.hpp"

using namespace descent;
using backend::multiply, backend::Product;

namespace {

bool rounds_to_bf16() { return backend::name_for_float() == "oneDNN bf16"; }

template <class T>
Matrix<T> random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Rng rng{seed};
  return Matrix<T>::NullaryExpr(rows, cols, [&] { return static_cast<T>(rng.normal()); });
}

/// The product A B and its bound on rounding errors, relative to |A| |B|: k products are summed, each with one
/// rounding, and in bf16 each operand is rounded to 8 bits.
struct Exact {
  Matrix<double> product, size;
  double roundings, operands;

  Exact(const Matrix<double>& a, const Matrix<double>& b, double for_operands)
      : product{a * b},
        size{a.cwiseAbs() * b.cwiseAbs()},
        roundings{static_cast<double>(a.cols() + 1)},
        operands{for_operands} {}

  /// Returns the largest error of c relative to the bound; infinity if c has another shape.
  double error(const Matrix<double>& c, double unit) const {
    if (c.rows() != product.rows() || c.cols() != product.cols())
      return std::numeric_limits<double>::infinity();
    const Matrix<double> allowed = (roundings * unit + operands) * size;
    double worst = 0;
    for (Index i = 0; i < c.size(); ++i) {
      const double difference = std::abs(c(i) - product(i));
      if (!(difference <= 0)) worst = std::max(worst, difference / allowed(i));
    }
    return worst;
  }
};

template <class T>
constexpr double unit = std::numeric_limits<T>::epsilon() / 2;

/// C [m, n] = A [m, k] B [k, n]
struct Size {
  Index m, n, k;
};

/// Returns the largest relative error of the three products for one size.
template <class T>
double worst_error(Size s) {
  const auto a = random_matrix<T>(s.m, s.k, 1), b = random_matrix<T>(s.k, s.n, 2);
  const Matrix<T> a_transposed = a.transpose(), b_transposed = b.transpose();
  const bool bf16 = rounds_to_bf16() && sizeof(T) == sizeof(float);
  const Exact exact{a.template cast<double>(), b.template cast<double>(),
                    bf16 ? 2 * std::ldexp(1, -8) + std::ldexp(1, -16) : 0};
  // Previous contents and size of the result must not matter.
  Matrix<T> c = Matrix<T>::Constant(s.n + 1, s.m, std::numeric_limits<T>::quiet_NaN());
  double worst = 0;
  const auto check = [&](Product product, const Matrix<T>& left, const Matrix<T>& right) {
    multiply(product, left, right, c);
    worst = std::max(worst, exact.error(c.template cast<double>(), unit<T>));
  };
  check(Product::plain, a, b);
  check(Product::transposed_left, a_transposed, b);
  check(Product::transposed_right, a, b_transposed);
  return worst;
}

}  // namespace

TEST_CASE("Product: the backend is the one that the CMake target names") {
  const auto name = backend::name_for_float();
  CHECK((name == "OpenBLAS" || name == "oneDNN" || name == "oneDNN bf16"));
  CHECK(backend::name_for_double() == (name == "OpenBLAS" ? name : "Eigen"));
}

TEST_CASE("Product: all three products agree with Eigen in double up to rounding") {
  for (const Size s : std::vector<Size>{{1, 1, 1},
                                        {1, 7, 5},
                                        {7, 1, 5},
                                        {5, 7, 1},
                                        {3, 5, 7},
                                        {16, 32, 16},
                                        {31, 33, 35},
                                        {10, 128, 300},
                                        {300, 1, 500},
                                        {1, 300, 500},
                                        {300, 120, 1},
                                        {64, 64, 640},
                                        {257, 129, 65},
                                        {512, 300, 2049},
                                        {0, 4, 3},
                                        {4, 0, 3},
                                        {4, 3, 0},
                                        {50, 60, 0}}) {
    CAPTURE(s.m, s.n, s.k);
    CHECK(worst_error<float>(s) <= 1);
    CHECK(worst_error<double>(s) <= 2);  // the reference rounds too
  }
}

TEST_CASE("Product: a large product in bf16 rounds only its operands") {
  if (!rounds_to_bf16()) return;
  const auto a = random_matrix<float>(70, 300, 1), b = random_matrix<float>(300, 50, 2);
  const auto rounded = [](const Matrix<float>& m) -> Matrix<double> {
    return m.cast<Eigen::bfloat16>().cast<float>().cast<double>();
  };
  Matrix<float> c;
  multiply(Product::plain, a, b, c);
  CHECK(Exact{rounded(a), rounded(b), 0}.error(c.cast<double>(), unit<float>) <= 1);
}

TEST_CASE("Product: an operand may be a range of columns") {
  const auto a = random_matrix<float>(61, 53, 1), b = random_matrix<float>(53, 90, 2);
  const Matrix<float> middle = b.middleCols(7, 41);
  Matrix<float> c, from_copy;
  multiply(Product::plain, a, b.middleCols(7, 41), c);
  multiply(Product::plain, a, middle, from_copy);
  CHECK(c.isApprox(from_copy, 1e-6f));
}

TEST_CASE("Product: values that are not finite propagate") {
  auto a = random_matrix<float>(64, 64, 1);
  const auto b = random_matrix<float>(64, 64, 2);
  Matrix<float> c;
  a(3, 5) = std::numeric_limits<float>::quiet_NaN();
  a(4, 5) = std::numeric_limits<float>::infinity();
  multiply(Product::plain, a, b, c);
  CHECK(c.row(3).array().isNaN().all());
  CHECK(c.row(4).array().isInf().all());
  CHECK(c.topRows(3).allFinite());
}

TEST_CASE("Product: two concurrent threads get the bits of one", "[threads]") {
  const auto a = random_matrix<float>(90, 110, 1), b = random_matrix<float>(110, 70, 2);
  Matrix<float> expected, expected_square;
  multiply(Product::plain, a, b, expected);
  multiply(Product::transposed_left, a, a, expected_square);
  const auto agree = [&](bool& same) {
    Matrix<float> c;
    for (int i = 0; i < 100; ++i) {
      multiply(Product::plain, a, b, c);
      same = same && c == expected;
      multiply(Product::transposed_left, a, a, c);
      same = same && c == expected_square;
    }
  };
  bool first = true, second = true;
  { const std::jthread one{agree, std::ref(first)}, other{agree, std::ref(second)}; }
  CHECK(first);
  CHECK(second);
}

// The libraries choose a kernel by the size of a block, so that the last bits depend on the number of threads.
TEST_CASE("Product: any number of threads computes the same product up to rounding", "[threads]") {
  for (const Size s : std::vector<Size>{{256, 128, 784}, {10, 512, 700}, {97, 95, 411}, {145, 151, 1030}})
    for (const auto product : {Product::plain, Product::transposed_left, Product::transposed_right}) {
      CAPTURE(s.m, s.n, s.k, static_cast<int>(product));
      const bool left = product == Product::transposed_left, right = product == Product::transposed_right;
      const auto a = random_matrix<float>(left ? s.k : s.m, left ? s.m : s.k, 1),
                 b = random_matrix<float>(right ? s.n : s.k, right ? s.k : s.n, 2);
      Matrix<float> expected, c;
      multiply(product, a, b, expected);
      for (const int threads : {2, 3, 8}) {
        multiply(product, a, b, c, threads);
        CHECK((c - expected).norm() <= 1e-5F * expected.norm());  // sums of up to 1030 terms
      }
    }
}

#ifdef __linux__
TEST_CASE("Product: no thread but the calling one is used", "[threads]") {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {});
  };
  const auto a = random_matrix<float>(300, 300, 1);
  std::ptrdiff_t before = 0, after = 1;
  std::jthread{[&] {
    Matrix<float> c;
    before = threads();
    multiply(Product::plain, a, a, c);
    after = threads();
  }}.join();
  CHECK(after == before);
}
#endif

TEST_CASE("Product: the number of OpenMP threads of the program is unchanged", "[threads]") {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  const auto a = random_matrix<float>(100, 100, 1);
  Matrix<float> c;
  multiply(Product::plain, a, a, c);
  CHECK(omp_get_max_threads() == 3);
  omp_set_num_threads(before);
}

TEST_CASE("fit: a network learns to classify digits with each backend") {
  CHECK(backend::digits_accuracy() > 0.95);
}
