#include "descent/inference/predict.hpp"

#include <array>
#include <limits>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "descent/layers/activations/relu.hpp"
#include "support.hpp"

namespace predict_test {

using namespace descent;
using support::message_of;

namespace {

// Results of another batch size may differ by rounding.
constexpr double rounding = 1e-12;

}  // namespace

TEST_CASE("predict: the outputs are those of the layers for any number of samples") {
  const auto net = support::plain_net<double>();
  // Less than one internal batch, exactly one, one and a remainder, several.
  for (const Index samples : {Index{1}, Index{256}, Index{257}, Index{700}}) {
    const Matrix<double> x = support::three_clouds<double>(samples).x;
    const auto& first = net.layer<0>();
    const auto& last = net.layer<2>();
    const Matrix<double> hidden = ((first.weight * x).colwise() + first.bias).cwiseMax(0);
    const Matrix<double> expected = (last.weight * hidden).colwise() + last.bias;
    CAPTURE(samples);
    CHECK(predict(net, x).isApprox(expected, rounding));
  }
}

TEST_CASE("predict: the batch may be a matrix or a single sample or a range of columns") {
  const auto net = support::plain_net<double>();
  const Matrix<double> x = support::three_clouds<double>(9).x;
  const Matrix<double> all = predict(net, x);
  CHECK(predict(net, x.middleCols(3, 4)).isApprox(all.middleCols(3, 4), rounding));
  const Vector<double> sample = x.col(5);
  CHECK(predict(net, sample).isApprox(all.col(5), rounding));
}

TEST_CASE("predict: outputs are deterministic and independent of the other samples") {
  const auto net = support::rich_net<double>();
  const Matrix<double> x = support::three_clouds<double>(9).x;
  const Matrix<double> all = predict(net, x);
  CHECK(predict(net, x) == all);
  for (Index j = 0; j < x.cols(); ++j) CHECK(predict(net, x.middleCols(j, 1)).isApprox(all.col(j), rounding));
}

TEST_CASE("predict_classes: the class is the largest output or the side of the threshold") {
  Rng rng{1};
  Dense<double> layer{1, 2, rng};
  layer.weight << 1, -1;
  const Vector<double> scores{{-2, 0.5, 3}};
  const Matrix<double> x = scores.transpose();
  CHECK(predict_classes(layer, x) == std::vector<Index>{1, 0, 0});

  Dense<double> single{1, 1, rng};
  single.weight << 1;
  CHECK(predict_classes(single, x) == std::vector<Index>{0, 1, 1});
  CHECK(predict_classes(single, x, 1) == std::vector<Index>{0, 0, 1});
}

TEST_CASE("predict: data that does not fit the model is rejected") {
  const auto net = support::plain_net();
  CHECK(message_of<ShapeError>([&] { predict(net, Matrix<>::Zero(3, 5).eval()); }) ==
        "predict: Dense \"0\": expected 2 features, got 3; the data is [3 features, 5 samples]: "
        "transpose it if its samples are in rows");
  CHECK(message_of<ShapeError>([&] { predict_classes(net, Matrix<>::Zero(3, 5).eval()); }) ==
        "predict: Dense \"0\": expected 2 features, got 3; the data is [3 features, 5 samples]: "
        "transpose it if its samples are in rows");
  CHECK(message_of<DataError>([&] { predict(net, Matrix<>(2, 0)); }) ==
        "predict: expected samples, got none; pass [features, samples]");

  Matrix<> x = Matrix<>::Zero(2, 5);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    x(1, 4) = bad;
    CHECK(message_of<DataError>([&] { predict(net, x); }) ==
          "predict: expected finite inputs, got infinity or not-a-number; remove these samples, or fill in "
          "the values");
  }
}

namespace {

template <Layer M>
void expect_equal_predictions_in_two_threads(const M& net) {
  const Matrix<> x = support::three_clouds(1000).x;
  const Matrix<> expected = predict(net, x);

  constexpr int repetitions = 20;  // so that the threads overlap
  std::array<bool, 2> equal{};
  std::array<std::thread, 2> threads;
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads[i] = std::thread{[&net, &x, &expected, &result = equal[i]] {
      bool all = true;
      for (int k = 0; k < repetitions; ++k) all = all && predict(net, x) == expected;
      result = all;
    }};
  for (std::thread& thread : threads) thread.join();
  CHECK(equal == std::array{true, true});
}

}  // namespace

TEST_CASE("predict: two threads predict concurrently with one model", "[threads]") {
  SECTION("Sequential") { expect_equal_predictions_in_two_threads(support::rich_net()); }
  SECTION("DynamicSequential") { expect_equal_predictions_in_two_threads(support::rich_network()); }
}

TEST_CASE("predict: samples without features are rejected") {
  const Sequential net{ReLU{}};
  CHECK_THROWS_AS(predict(net, Matrix<>(0, 3)), ShapeError);
}

TEST_CASE("predict: any number of threads gives the same bits", "[inference][threads]") {
  Rng rng{1};
  const Sequential net{Dense<double>{20, 300, rng}, Tanh<double>{}, Dense<double>{300, 3, rng}};
  for (const Index samples : {1, 200, 255, 2000}) {
    const Matrix<double> x = Matrix<double>::NullaryExpr(20, samples, [&] { return rng.normal(); });
    const Dataset<double> data{.x = x, .y = Matrix<double>::NullaryExpr(1, samples, [&] {
                                         return static_cast<double>(rng.below(3));
                                       })};
    for (const int threads : {2, 3, 5}) {
      CHECK(predict(net, x, {.threads = threads}) == predict(net, x));
      CHECK(predict_classes(net, x, {}, {.threads = threads}) == predict_classes(net, x));
      CHECK(evaluate(net, data, Accuracy{}, {.threads = threads}) == evaluate(net, data, Accuracy{}));
      CHECK(evaluate(net, data, SoftmaxCrossEntropy{}, {.threads = threads}) ==
            evaluate(net, data, SoftmaxCrossEntropy{}));
    }
  }
}

}  // namespace predict_test
