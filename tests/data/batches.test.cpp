#include "descent/data/batches.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include <limits>
#include "catch.hpp"

namespace batches_test {

using namespace descent;

namespace {

std::vector<Index> counted_to(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

std::vector<Index> list(std::span<const Index> batch) { return {batch.begin(), batch.end()}; }

}  // namespace

TEST_CASE("shuffled_order: contains each sample once and depends only on seed and epoch") {
  const std::vector<Index> order = shuffled_order(100, 1, 0);
  CHECK(std::is_permutation(order.begin(), order.end(), counted_to(100).begin()));
  CHECK(order != counted_to(100));
  CHECK(order == shuffled_order(100, 1, 0));
  CHECK(order != shuffled_order(100, 1, 1));
  CHECK(order != shuffled_order(100, 2, 0));
  CHECK(shuffled_order(0, 1, 0).empty());
}

TEST_CASE("mini_batch: follows the order and the last may be smaller") {
  const std::vector<Index> order{6, 5, 4, 3, 2, 1, 0};
  CHECK(batch_count(7, 3) == 3);
  CHECK(list(mini_batch(order, 3, 0)) == std::vector<Index>{6, 5, 4});
  CHECK(list(mini_batch(order, 3, 1)) == std::vector<Index>{3, 2, 1});
  CHECK(list(mini_batch(order, 3, 2)) == std::vector<Index>{0});
}

TEST_CASE("batch_count: is rounded up") {
  CHECK(batch_count(6, 3) == 2);
  CHECK(batch_count(7, 7) == 1);
  CHECK(batch_count(7, 8) == 1);
  CHECK(batch_count(7, 1) == 7);
  CHECK(batch_count(0, 3) == 0);
}

TEST_CASE("gather: copies columns and reuses the memory") {
  Matrix<> from(2, 4);
  from << 0, 1, 2, 3,  //
      0, 10, 20, 30;
  Matrix<> out(2, 2), expected(2, 2);
  const float* const memory = out.data();
  const std::vector<Index> wanted{3, 1};
  gather(from, std::span{wanted}, out);
  expected << 3, 1,  //
      30, 10;
  CHECK(out == expected);
  CHECK(out.data() == memory);

  const std::vector<Index> one{2};
  gather(from, std::span{one}, out);
  CHECK(out == from.col(2));
}

TEST_CASE("mini_batch: arguments out of range are refused") {
  const std::vector<Index> order = plain_order(5);
  CHECK_THROWS_AS(plain_order(-1), DataError);
  CHECK_THROWS_AS(plain_order(std::numeric_limits<Index>::max()), DataError);
  CHECK_THROWS_AS(shuffled_order(-1, 0, 0), DataError);
  CHECK_THROWS_AS(batch_count(5, 0), DataError);
  CHECK(batch_count(std::numeric_limits<Index>::max(), 2) == Index{1} << 62);
  CHECK(mini_batch(order, std::numeric_limits<Index>::max(), 0).size() == 5);
  for (const Index i : {Index{-1}, Index{3}, std::numeric_limits<Index>::max()})
    CHECK_THROWS_AS(mini_batch(order, 2, i), DataError);
}

TEST_CASE("gather: a column index out of range is refused") {
  const Matrix<> from = Matrix<>::Ones(2, 3);
  Matrix<> out;
  for (const Index column : {Index{-1}, Index{3}, std::numeric_limits<Index>::min()})
    CHECK_THROWS_AS(gather(from, std::vector<Index>{0, column}, out), DataError);
}

TEST_CASE("gather: copies the weights of a mini-batch and keeps empty weights empty") {
  const Vector<> weights{{0, 1, 2, 3}};
  const std::vector<Index> samples{3, 1}, wrong{4};
  Vector<> out;
  gather(weights, samples, out);
  CHECK(out == Vector<>{{3, 1}});
  gather(Vector<>{}, samples, out);
  CHECK(out.size() == 0);
  CHECK_THROWS_AS(gather(weights, wrong, out), DataError);
}

}  // namespace batches_test
