#include "descent/inference/evaluate.hpp"

#include <limits>

#include "catch.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/metrics/confusion_matrix.hpp"
#include "losses/mean_of.hpp"
#include "support.hpp"

namespace evaluate_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;

namespace {

// More than one internal batch, and a remainder.
constexpr Index samples = 700;
const auto net = support::plain_net<double>();
const Dataset<double> data = support::three_clouds<double>(samples);

}  // namespace

TEST_CASE("evaluate: a metric covers the whole data set") {
  Accuracy accuracy;
  accuracy.update(predict(net, data.x), data.y);
  CHECK(accuracy.right.weight == samples);
  CHECK(evaluate(net, data, Accuracy{}) == accuracy.value());

  const ConfusionMatrix confusion = evaluate(net, data, ConfusionMatrix{3});
  CHECK(confusion.counts().sum() == samples);
  CHECK(confusion.counts().trace() == accuracy.right.sum);
}

TEST_CASE("evaluate: a loss is the mean over all samples although the last batch is smaller") {
  constexpr double rounding = 1e-12;
  CHECK_THAT(evaluate(net, data, SoftmaxCrossEntropy{}),
             WithinRel(mean_of(SoftmaxCrossEntropy{}, predict(net, data.x), data.y), rounding));
}

TEST_CASE("evaluate: the model runs in inference mode") {
  const auto random_in_training = support::rich_net<double>();
  const double once = evaluate(random_in_training, data, SoftmaxCrossEntropy{});
  CHECK(evaluate(random_in_training, data, SoftmaxCrossEntropy{}) == once);
}

TEST_CASE("evaluate: data that does not fit the model is rejected") {
  SECTION("another number of features") {
    Dataset<double> wide{.x = Matrix<double>::Zero(3, 5), .y = Matrix<double>::Zero(1, 5)};
    CHECK(message_of<ShapeError>([&] { evaluate(net, wide, Accuracy{}); }) ==
          "evaluate: Dense \"0\": expected 2 features, got 3; the data is [3 features, 5 samples]: "
          "transpose it if its samples are in rows");
  }
  SECTION("no samples") {
    CHECK_THAT(message_of<DataError>([&] { evaluate(net, Dataset<double>{}, Accuracy{}); }),
               ContainsSubstring("evaluate: expected samples"));
  }
  SECTION("one target too few") {
    Dataset<double> short_of_one = data;
    short_of_one.y = data.y.leftCols(samples - 1).eval();
    CHECK_THAT(message_of<DataError>([&] { evaluate(net, short_of_one, Accuracy{}); }),
               ContainsSubstring(
                   "evaluate: expected a target for each of the 700 samples of the data set, got 699"));
  }
  SECTION("a value that is not a number") {
    Dataset<double> with_nan = data;
    with_nan.x(1, 3) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THAT(message_of<DataError>([&] { evaluate(net, with_nan, Accuracy{}); }),
               ContainsSubstring("evaluate: expected finite"));
  }
  SECTION("a target that is not a number") {
    Dataset<double> with_nan = data;
    with_nan.y(0, 600) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THAT(message_of<DataError>([&] { evaluate(net, with_nan, Accuracy{}); }),
               ContainsSubstring(
                   "evaluate: expected finite values in the data set, got nan in target 0 of sample 600"));
  }
}

TEST_CASE("evaluate: an invalid class is reported with the index of its sample in the whole set") {
  Dataset<double> wrong = data;
  wrong.y(0, 600) = 3;
  CHECK_THAT(message_of<DataError>([&] { evaluate(net, wrong, SoftmaxCrossEntropy{}); }),
             ContainsSubstring("expected a class from 0 to 2, got 3 for sample 600"));
}

}  // namespace evaluate_test
