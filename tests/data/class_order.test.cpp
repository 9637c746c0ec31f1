#include "descent/data/class_order.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "descent/data/batches.hpp"
#include "descent/layers/dense.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace class_order_test {

using namespace descent;

namespace {

/// 90 samples of class 0, 9 of class 1 and 3 of class 2.
Dataset<> imbalanced() {
  Dataset<> data{.x = Matrix<>::Zero(1, 102), .y = Matrix<>::Zero(1, 102)};
  for (Index j = 0; j < 12; ++j) data.y(0, 8 * j) = j < 3 ? 2 : 1;
  return data;
}

std::vector<int> counts_in(const Dataset<>& data, const std::vector<Index>& order, std::size_t first,
                           std::size_t count) {
  std::vector<int> counts(3);
  for (std::size_t i = first; i < first + count; ++i) ++counts[static_cast<std::size_t>(data.y(0, order[i]))];
  return counts;
}

}  // namespace

TEST_CASE("stratified_order: each epoch has each sample once, and each part the classes in proportion") {
  const Dataset<> data = imbalanced();
  const ClassOrder order_of = stratified_order(data, 1);
  for (const int epoch : {0, 1, 7}) {
    std::vector<Index> order = order_of(epoch);
    for (std::size_t first = 0; first + 34 <= order.size(); first += 17) {
      const std::vector<int> counts = counts_in(data, order, first, 34);  // a third: 30, 3 and 1
      CHECK(std::abs(counts[0] - 30) < 3);
      CHECK(std::abs(counts[1] - 3) < 2);
      CHECK(std::abs(counts[2] - 1) < 2);
    }
    CHECK(order == order_of(epoch));
    std::sort(order.begin(), order.end());
    CHECK(order == plain_order(102));
  }
  CHECK(order_of(0) != order_of(1));
  CHECK(order_of(0) != stratified_order(data, 2)(0));
}

TEST_CASE("balanced_order: the classes take turns, and each has its samples equally often") {
  const Dataset<> data = imbalanced();
  const ClassOrder order_of = balanced_order(data, 1);
  std::vector<int> times(102);
  for (int epoch = 0; epoch < 90;
       ++epoch) {  // 34 rounds each: 3060 of a class, 34 times its 90, 340 times its 9
    const std::vector<Index> order = order_of(epoch);
    REQUIRE(order.size() == 102);
    for (std::size_t first = 0; first < order.size(); first += 3)
      CHECK(counts_in(data, order, first, 3) == std::vector<int>{1, 1, 1});
    for (const Index j : order) ++times[static_cast<std::size_t>(j)];
  }
  for (Index j = 0; j < 102; ++j)
    CHECK(times[static_cast<std::size_t>(j)] == (data.y(0, j) == 0 ? 34 : data.y(0, j) == 1 ? 340 : 1020));
  CHECK(order_of(3) == order_of(3));
}

TEST_CASE("ClassOrder: samples of the ignored class are left out, and none at all are refused") {
  Dataset<> data{.x = Matrix<>::Zero(1, 4), .y = Matrix<>{{0, -1, 1, 1}}};
  CHECK(stratified_order(data)(0).size() == 3);
  CHECK(balanced_order(data)(0).size() == 4);
  data.y.setConstant(-1);
  CHECK_THROWS_AS(stratified_order(data), DataError);
  CHECK_THROWS_AS(balanced_order(Dataset<>{}), DataError);
  data.y.setConstant(0.5F);
  CHECK_THROWS_AS(balanced_order(data), DataError);
  data.y.setZero();
  CHECK_THROWS_AS(balanced_order(data)(-1), DataError);
}

TEST_CASE("ClassOrder: fit trains in this order") {
  const Dataset<> data = imbalanced();
  Rng rng{1};
  Sequential net{Dense{1, 3, rng}};
  fit(net, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 2, .batch_size = 6, .order = balanced_order(data), .progress = silent});
  Sequential other{Dense{1, 3, rng}};
  CHECK_NOTHROW(fit(other, data, SoftmaxCrossEntropy{}, Adam{},
                    {.epochs = 1, .order = stratified_order(data), .progress = silent}));
}

}  // namespace class_order_test
