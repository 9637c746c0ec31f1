#include "descent/diagnosis/find_learning_rate.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

namespace find_learning_rate_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {

// y = 2 x at x = 1 and x = -1. With w0 = 0 and full batches, gradient descent on (w x - y)^2, whose second derivative is
// 2, converges below a rate of 2 / 2 = 1 and diverges above it.
Dataset<double> line() { return {.x = Matrix<double>{{1, -1}}, .y = Matrix<double>{{2, -2}}}; }
Dense<double> zero_line() {
  Rng rng{1};
  return {1, 1, rng, Zeros{}, Bias::none};
}

}  // namespace

TEST_CASE("find_learning_rate: the valley is the longest falling subsequence, as in fastai") {
  const auto valley = [](const std::vector<double>& losses) {
    const auto [first, last] = detail::valley_of(losses);
    return std::vector<std::size_t>{first, last};
  };
  CHECK(valley({5, 4, 3, 2, 1}) == std::vector<std::size_t>{0, 4});
  CHECK(valley({5, 5, 4, 3, 2, 6, 9}) == std::vector<std::size_t>{1, 4});
  CHECK(valley({1, 2, 3}) == std::vector<std::size_t>{0, 0});  // nothing falls
  CHECK(valley({5, 4, 9, 9, 3, 2, 8}) ==
        std::vector<std::size_t>{2, 5});  // 5 4 3 2: 4 points, which end at 5
  CHECK(valley({7}) == std::vector<std::size_t>{0, 0});
}

TEST_CASE("find_learning_rate: the rates grow geometrically and the losses are smoothed") {
  const LearningRateCurve curve = find_learning_rate(zero_line(), MeanSquaredError{}, GradientDescent{},
                                                     line(), {.lowest = 1e-3, .highest = 0.1, .steps = 3});
  REQUIRE(curve.rates.size() == 3);
  CHECK_THAT(curve.rates[0], WithinRel(1e-3, 1e-12));
  CHECK_THAT(curve.rates[1], WithinRel(1e-2, 1e-12));
  CHECK_THAT(curve.rates[2], WithinRel(0.1, 1e-12));
  // The loss is (w - 2)^2, and a step takes w - 2 to (1 - 2 rate) (w - 2): losses 4, 4 (0.998)^2, 4 (0.998 * 0.98)^2.
  const double a = 4, b = 4 * std::pow(0.998, 2), c = 4 * std::pow(0.998 * 0.98, 2);
  CHECK_THAT(curve.losses[0], WithinRel(a, 1e-9));
  CHECK_THAT(curve.losses[1], WithinRel((0.9 * a + b) / 1.9, 1e-9));
  CHECK_THAT(curve.losses[2], WithinRel((0.81 * a + 0.9 * b + c) / 2.71, 1e-9));
  CHECK(curve.first == 0);
  CHECK(curve.last == 2);
  CHECK(curve.suggested == curve.rates[1]);
}

TEST_CASE("find_learning_rate: suggests a rate below the stability limit of a quadratic") {
  const LearningRateCurve curve =
      find_learning_rate(zero_line(), MeanSquaredError{}, GradientDescent{}, line());
  CHECK(curve.suggested < 1);
  CHECK(curve.suggested > 1e-3);
  CHECK(curve.rates.size() < 100);  // it stopped above the limit
  CHECK(curve.rates.back() > 1);
}

TEST_CASE("find_learning_rate: trains on copies, the same for the same seed") {
  const auto net = support::rich_net();
  const auto before = support::values_of(net);
  const Dataset<> train = support::three_clouds(90);
  const LearningRateCurve a = find_learning_rate(net, SoftmaxCrossEntropy{}, Adam{}, train, {.seed = 3}),
                          b = find_learning_rate(net, SoftmaxCrossEntropy{}, Adam{}, train, {.seed = 3});
  CHECK(support::values_of(net) == before);
  CHECK(a.losses == b.losses);
  CHECK(a.suggested == b.suggested);

  auto trained = net;
  fit(trained, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = a.suggested},
      {.epochs = 30, .progress = silent});
  CHECK(evaluate(trained, train, Accuracy{}) > 0.95);
}

TEST_CASE("find_learning_rate: takes weights, small sets and every optimizer with a rate") {
  Dataset<> few = support::three_clouds(5);
  few.weights = Vector<>::Ones(5);
  for (const LearningRateCurve& curve :
       {find_learning_rate(support::plain_net(), SoftmaxCrossEntropy{}, Momentum{}, few),
        find_learning_rate(support::plain_net(), SoftmaxCrossEntropy{}, RMSprop{}, few, {.batch_size = 2})}) {
    CHECK(curve.suggested > 0);
    CHECK(curve.rates.size() == curve.losses.size());
  }
}

TEST_CASE("find_learning_rate: prints the suggestion and the curve") {
  const auto printed = [](const LearningRateCurve& curve) {
    std::ostringstream out;
    out << curve;
    return out.str();
  };
  CHECK(printed({.rates = {0.001, 0.01, 0.1},
                 .losses = {2.5, 1.25, 8},
                 .first = 0,
                 .last = 1,
                 .suggested = 0.001}) ==
        "learning rate 0.001: the loss falls from 2.5 at 0.001 to 1.25 at 0.01\n"
        "      rate      loss\n"
        "     0.001       2.5\n"
        "      0.01      1.25\n"
        "       0.1         8\n");
  CHECK(printed({.rates = {0.5}, .losses = {2}, .suggested = 0.5}) ==
        "learning rate 0.5: the loss falls at no rate; see whether the network can overfit a batch\n"
        "      rate      loss\n"
        "       0.5         2\n");
  CHECK(printed({}) == "no learning rate was tried\n");
}

TEST_CASE("find_learning_rate: rejects options and data that do not fit") {
  const auto error_of = [](const FindLearningRateOptions& options) {
    return support::message_of<DataError>(
        [&] { find_learning_rate(zero_line(), MeanSquaredError{}, GradientDescent{}, line(), options); });
  };
  CHECK_THAT(error_of({.lowest = 0}), ContainsSubstring("expected .lowest above 0, got 0"));
  CHECK_THAT(error_of({.lowest = 1, .highest = 1}), ContainsSubstring("expected .highest above .lowest"));
  CHECK_THAT(error_of({.highest = std::numeric_limits<double>::infinity()}), ContainsSubstring(".highest"));
  CHECK_THAT(error_of({.steps = 1}), ContainsSubstring("expected .steps of at least 2, got 1"));
  CHECK_THAT(error_of({.batch_size = 0}), ContainsSubstring(".batch_size"));
  CHECK_THROWS_WITH(find_learning_rate(support::plain_net(), SoftmaxCrossEntropy{}, Adam{}, Dataset<>{}),
                    ContainsSubstring("find_learning_rate: expected samples in the training set"));

  Dense<double> broken = zero_line();
  broken.weight(0, 0) = 1e200;  // its square overflows
  CHECK_THROWS_AS(find_learning_rate(broken, MeanSquaredError{}, GradientDescent{}, line()), NumericalError);
}

}  // namespace find_learning_rate_test
