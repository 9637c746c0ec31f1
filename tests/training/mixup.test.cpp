#include "descent/training/mixup.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "descent/data/augment/augment.hpp"
#include "descent/data/augment/random_flip.hpp"
#include "descent/data/one_hot.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/training/fit.hpp"
#include "support.hpp"

namespace mixup_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

/// Sample j has the features j and 1, and a one-hot target of j mod 3.
Dataset<double> numbered(Index samples) {
  Dataset<double> data{.x = Matrix<double>::Ones(2, samples), .y = Matrix<double>(1, samples)};
  for (Index j = 0; j < samples; ++j)
    data.x(0, j) = static_cast<double>(j), data.y(0, j) = static_cast<double>(j % 3);
  data.y = one_hot(data.y, 3);
  return data;
}

std::vector<Index> all_of(Index samples) {
  std::vector<Index> all(static_cast<std::size_t>(samples));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

}  // namespace

TEST_CASE("Mixup: inputs and targets are mixed in the same shares") {
  const Dataset<double> data = numbered(300);
  Matrix<double> x = data.x, y = data.y;
  Mixup<double>{data, 1}(x, y, all_of(300), 5, 0);
  CHECK(x.row(1).isApprox(Matrix<double>::Ones(1, 300), 1e-12));
  CHECK(y.colwise().sum().isApprox(Matrix<double>::Ones(1, 300), 1e-12));
  for (Index j = 0; j < 300; ++j) {
    // If the other sample has another class, the target tells the share, and the input the number of the other.
    const double share = y(j % 3, j);
    if (share > 1 - 1e-3) continue;
    const double other = (x(0, j) - share * static_cast<double>(j)) / (1 - share);
    CHECK_THAT(other, WithinAbs(std::round(other), 1e-6));
    CHECK(y(static_cast<Index>(std::round(other)) % 3, j) == 1 - share);
  }
}

TEST_CASE("Mixup: shares have the variance of their Beta distribution") {
  // The second feature is 0 for the other samples: it becomes the share. Var = 1 / (4 (2 alpha + 1)).
  for (const double alpha : {0.2, 1.0, 1e-3}) {
    Dataset<double> data = numbered(4000);
    Matrix<double> x = data.x, y = data.y;
    data.x.row(1).setZero();
    Mixup<double>{data, alpha}(x, y, all_of(4000), 5, 0);
    const auto share = x.row(1).array();
    CHECK_THAT(share.mean(), WithinAbs(0.5, 0.03));
    CHECK_THAT((share - 0.5).square().mean(), WithinAbs(1 / (4 * (2 * alpha + 1)), 0.01));
  }
}

TEST_CASE("Mixup: the result for a sample does not depend on the others of its batch") {
  const Dataset<double> data = numbered(50);
  const Mixup mixup{data, 0.4, Augment{Shape{1, 1, 2}, RandomFlip{}}};
  Matrix<double> x = data.x, y = data.y;
  mixup(x, y, all_of(50), 5, 2);
  const std::vector<Index> some{31, 7};
  Matrix<double> part = data.x(Eigen::seqN(0, 2), some), targets = data.y(Eigen::seqN(0, 3), some);
  mixup(part, targets, some, 5, 2);
  CHECK(part.col(0) == x.col(31));
  CHECK(part.col(1) == x.col(7));
  CHECK(targets.col(1) == y.col(7));
  Matrix<double> next = data.x, next_y = data.y;
  mixup(next, next_y, all_of(50), 5, 3);
  CHECK_FALSE(next.isApprox(x, 1e-3));
}

TEST_CASE("Mixup: fit trains on mixed samples with the same bits for any number of threads") {
  auto train = support::three_clouds(90);
  train.y = one_hot(train.y, 3);
  const auto trained = [&](int threads) {
    Rng rng{1};
    Sequential net{Dense{2, 8, rng}, ReLU{}, Dense{8, 3, rng}};
    const History history =
        fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.02},
            {.epochs = 20, .augment = Mixup{train}, .threads = threads, .progress = silent});
    CHECK(history["loss"].back() < history["loss"].front());
    return support::values_of(net);
  };
  CHECK(trained(1) == trained(3));
}

TEST_CASE("Mixup: classes in a single row and shares out of range are refused") {
  const auto clouds = support::three_clouds(9);
  CHECK_THAT(support::message_of<DataError>([&] { Mixup{clouds}; }),
             ContainsSubstring("Mixup: expected a row of targets for each class, got 1 in all; convert"));
  const Dataset<double> data = numbered(9);
  for (const double alpha : {0.0, -1.0, 1.5})
    CHECK_THAT(support::message_of<DataError>([&] {
                 Mixup<double>{data, alpha};
               }),
               ContainsSubstring("Mixup: expected .alpha"));
}

}  // namespace mixup_test
