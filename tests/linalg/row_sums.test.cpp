#include "descent/linalg/row_sums.hpp"

#include "catch.hpp"
#include "descent/parallel/thread_workers.hpp"

namespace row_sums_test {

using namespace descent;

TEST_CASE("row_sums: equal their definition", "[linalg]") {
  for (const Index rows : {1, 2, 15, 16, 17, 40})
    for (const Index columns : {0, 1, 2, 5}) {
      Matrix<> a(rows, columns);  // 10 i + j, whose sum over j < n is 10 i n + n (n - 1) / 2
      for (Index j = 0; j < columns; ++j)
        for (Index i = 0; i < rows; ++i) a(i, j) = static_cast<float>(10 * i + j);
      Vector<> sums;
      row_sums<float>(a, sums);
      REQUIRE(sums.size() == rows);
      for (Index i = 0; i < rows; ++i)
        CHECK(sums[i] == static_cast<float>(10 * i * columns + columns * (columns - 1) / 2));
    }
}

TEST_CASE("row_sums: any number of threads computes the same bits", "[linalg][threads]") {
  const Matrix<> a = Matrix<>::Random(90, 1000);
  Vector<> expected;
  row_sums<float>(a, expected);
  for (const int threads : {2, 3, 5}) {
    ThreadWorkers workers{threads};
    Vector<> sums;
    row_sums<float>(a, sums, workers);
    CHECK(sums == expected);
  }
}

}  // namespace row_sums_test
