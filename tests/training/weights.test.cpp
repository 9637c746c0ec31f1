#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "support.hpp"

// Sample weights in training, from the data set to the history.
namespace weights_test {

using namespace descent;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinAbs;
using support::message_of;
using support::values_of;

namespace {

using Net = decltype(support::plain_net<double>());

/// The largest distance between the parameters of two models.
double distance(const auto& a, const auto& b) {
  const auto one = values_of(a), other = values_of(b);
  double largest = 0;
  for (std::size_t i = 0; i < one.size(); ++i) largest = std::max(largest, std::abs(one[i] - other[i]));
  return largest;
}

/// Repeats each sample by its weight.
Dataset<double> copies(const Dataset<double>& data) {
  std::vector<Index> samples;
  for (Index j = 0; j < data.samples(); ++j) samples.insert(samples.end(), std::size_t(data.weights[j]), j);
  Dataset<double> all = data.subset(samples);
  all.weights = {};
  return all;
}

/// Clouds in which every third sample has a weight of 0, and the others 1 and 2.
Dataset<double> weighted_clouds(Index samples) {
  Dataset<double> data = support::three_clouds<double>(samples);
  data.weights.resize(samples);
  for (Index j = 0; j < samples; ++j) data.weights[j] = static_cast<double>((j / 2) % 3);
  return data;
}

FitOptions<Net> full(int epochs) {
  return {.epochs = epochs,
          .batch_size = full_batch,
          .metrics = {Accuracy{}, SoftmaxCrossEntropy{}},
          .shuffle = false,
          .progress = silent};
}

}  // namespace

TEST_CASE("fit: wrong labels of weight 0 change nothing") {
  Dataset<double> data = support::three_clouds<double>(60);
  Dataset<double> clean = data.subset(plain_order(45));
  data.weights = Vector<double>::Ones(60);
  data.weights.tail(15).setZero();
  for (Index j = 45; j < 60; ++j) data.y(0, j) = 2 - data.y(0, j);

  auto net = support::plain_net<double>(), expected = net;
  const GradientDescent descent{.learning_rate = 0.1};
  const History history = fit(net, data, SoftmaxCrossEntropy{}, descent, full(20));
  const History clean_history = fit(expected, clean, SoftmaxCrossEntropy{}, descent, full(20));
  CHECK(distance(net, expected) < 1e-12);
  for (const std::string name : {"loss", "accuracy", "softmax_cross_entropy"})
    CHECK_THAT(history[name].back(), WithinAbs(clean_history[name].back(), 1e-12));
}

TEST_CASE("fit: ignored classes change nothing") {
  Dataset<double> data = support::three_clouds<double>(60);
  const Dataset<double> clean = data.subset(plain_order(45));
  data.y.rightCols(15).setConstant(ignored_class);

  auto net = support::plain_net<double>(), expected = net;
  FitOptions<Net> options = full(20), clean_options = options;
  options.validation = &data;
  clean_options.validation = &clean;
  const History history = fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
  const History clean_history = fit(expected, clean, SoftmaxCrossEntropy{}, Adam{}, clean_options);
  CHECK(distance(net, expected) < 1e-9);  // Adam divides by the root of its moments
  for (const std::string name : {"loss", "accuracy", "val_loss", "val_accuracy"})
    CHECK_THAT(history[name].back(), WithinAbs(clean_history[name].back(), 1e-9));
}

TEST_CASE("fit: an integer weight equals repeated samples in training and validation") {
  const Dataset<double> data = weighted_clouds(60), all = copies(data);
  auto net = support::plain_net<double>(), expected = net;
  FitOptions<Net> options = full(5), options_of_copies = options;
  options.validation = &data;
  options_of_copies.validation = &all;
  const GradientDescent descent{.learning_rate = 0.5};
  const History history = fit(net, data, SoftmaxCrossEntropy{}, descent, options);
  const History of_copies = fit(expected, all, SoftmaxCrossEntropy{}, descent, options_of_copies);
  CHECK(distance(net, expected) < 1e-12);
  for (const std::string name : {"loss", "accuracy", "softmax_cross_entropy", "val_loss", "val_accuracy"})
    CHECK_THAT(history[name].back(), WithinAbs(of_copies[name].back(), 1e-12));
  CHECK_THAT(evaluate(net, data, SoftmaxCrossEntropy{}),
             WithinAbs(evaluate(net, all, SoftmaxCrossEntropy{}), 1e-12));
  CHECK_THAT(evaluate(net, data, F1{}), WithinAbs(evaluate(net, all, F1{}), 1e-12));
}

// The learning rate is 0, so the losses are 1, 4, 9 and 16, with sample weights 1, 0, 2 and 1.
TEST_CASE("fit: the loss of an epoch is the weighted mean over its mini-batches") {
  Dataset<double> data{.x = Matrix<double>::Zero(1, 4), .y = Matrix<double>{{1, 2, 3, 4}}};
  data.weights = Vector<double>{{1, 0, 2, 1}};
  Rng rng{1};
  Dense<double> net{1, 1, rng};
  const History history = fit(net, data, MeanSquaredError{}, GradientDescent{.learning_rate = 0},
                              {.epochs = 1, .batch_size = 2, .shuffle = false, .progress = silent});
  CHECK(history["loss"].back() == (1 + 2 * 9 + 16) / 4.0);
}

TEST_CASE("fit: accumulated mini-batches are averaged by their weights") {
  const Dataset<double> data = weighted_clouds(30);
  auto whole = support::plain_net<double>(), parts = whole;
  const GradientDescent descent{.learning_rate = 1};
  FitOptions<Net> options = full(1);
  fit(whole, data, SoftmaxCrossEntropy{}, descent, options);
  options.batch_size = 4;  // mini-batches of different weights, and a smaller last one
  options.accumulate = 8;
  fit(parts, data, SoftmaxCrossEntropy{}, descent, options);
  CHECK(distance(whole, parts) < 1e-12);
}

TEST_CASE("fit: a mini-batch with total weight 0 has no effect") {
  Dataset<double> data = support::three_clouds<double>(20);
  const Dataset<double> first = data.subset(plain_order(10));
  data.weights = Vector<double>::Zero(20);
  data.weights.head(10).setOnes();
  for (const bool ahead : {false, true}) {
    CAPTURE(ahead);
    Dataset<double> ordered = data;
    if (ahead) {
      std::vector<Index> order(20);
      for (Index j = 0; j < 20; ++j) order[std::size_t(j)] = (j + 10) % 20;
      ordered = data.subset(order);
    }
    for (const int accumulate : {1, 2}) {
      CAPTURE(accumulate);
      auto net = support::plain_net<double>(), expected = net;
      FitOptions<Net> options = full(1);
      options.batch_size = 10;
      options.accumulate = accumulate;
      const GradientDescent descent{.learning_rate = 1};
      const History history = fit(net, ordered, SoftmaxCrossEntropy{}, descent, options);
      const History of_first = fit(expected, first, SoftmaxCrossEntropy{}, descent, options);
      CHECK(distance(net, expected) < 1e-12);
      CHECK_THAT(history["loss"].back(), WithinAbs(of_first["loss"].back(), 1e-12));
    }
  }
}

TEST_CASE("fit: several workers handle weighted and ignored samples", "[threads]") {
  Rng rng{2};
  Dataset<double> data{.x = Matrix<double>(64, 160), .y = Matrix<double>(1, 160)};
  for (double& v : data.x.reshaped()) v = rng.normal();
  for (double& v : data.y.reshaped()) v = static_cast<double>(rng.below(3));
  data.weights.resize(160);
  for (double& w : data.weights) w = rng.uniform();
  data.y.leftCols(60).setConstant(ignored_class);  // the first of three workers has only ignored samples
  const Sequential start{Dense<double>{64, 100, rng}, Tanh<double>{}, Dense<double>{100, 50, rng},
                         Tanh<double>{}, Dense<double>{50, 3, rng}};
  auto single = start, parallel = start;
  FitOptions<std::remove_const_t<decltype(start)>> options{
      .epochs = 1, .batch_size = full_batch, .metrics = {Accuracy{}}, .progress = silent};
  const GradientDescent descent{.learning_rate = 1};
  const History one = fit(single, data, SoftmaxCrossEntropy{}, descent, options);
  options.threads = 3;
  const History three = fit(parallel, data, SoftmaxCrossEntropy{}, descent, options);
  CHECK(distance(single, parallel) < 1e-12);
  CHECK(distance(single, start) > 1e-3);
  CHECK_THAT(three["loss"].back(), WithinAbs(one["loss"].back(), 1e-12));
  CHECK_THAT(three["accuracy"].back(), WithinAbs(one["accuracy"].back(), 1e-12));
}

TEST_CASE("Trainer: an invalid class in the part of one worker cancels the step", "[threads]") {
  Rng rng{2};
  const Sequential start{Dense<double>{64, 100, rng}, Tanh<double>{}, Dense<double>{100, 100, rng},
                         Tanh<double>{}, Dense<double>{100, 3, rng}};
  FitOptions<std::remove_const_t<decltype(start)>> options;
  options.threads = 3;
  Trainer trainer{start, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1}, options};
  const Matrix<double> x = Matrix<double>::Ones(64, 160);
  for (const Index wrong : {0, 159}) {
    Matrix<double> y = Matrix<double>::Zero(1, 160);
    y(0, wrong) = 3;
    CHECK_THROWS_AS(trainer.step(x, y), DataError);
  }
  CHECK(values_of(trainer.model) == values_of(start));
}

TEST_CASE("fit: invalid weights are rejected before the first step") {
  const Dataset<double> good = support::three_clouds<double>(30);
  const auto complaint = [&](const Dataset<double>& train, const Dataset<double>& validation) {
    auto net = support::plain_net<double>();
    const auto before = values_of(net);
    FitOptions<Net> options = full(1);
    options.validation = &validation;
    std::string message =
        message_of<DataError>([&] { fit(net, train, SoftmaxCrossEntropy{}, Adam{}, options); });
    CHECK(values_of(net) == before);
    return message;
  };
  Dataset<double> none = good, ignored = good, both = good;
  none.weights = Vector<double>::Zero(30);
  ignored.y.setConstant(ignored_class);
  both.weights = Vector<double>::Zero(30);
  both.weights[3] = 1;
  both.y(0, 3) = ignored_class;
  CHECK_THAT(complaint(none, good), StartsWith("fit: expected a weight above 0 in the training set, got 0"));
  CHECK_THAT(complaint(good, none),
             StartsWith("fit: expected a weight above 0 in the validation set, got 0"));
  for (const auto* wrong : {&ignored, &both}) {
    CHECK_THAT(complaint(*wrong, good),
               StartsWith("fit: expected a sample that counts in the training set, got"));
    CHECK_THAT(complaint(good, *wrong),
               StartsWith("fit: expected a sample that counts in the validation set, got"));
    CHECK_THAT(
        message_of<DataError>([&] { evaluate(support::plain_net<double>(), *wrong, SoftmaxCrossEntropy{}); }),
        StartsWith("evaluate: expected a sample that counts in the data set, got"));
  }
}

TEST_CASE("Trainer: a step with total weight 0 leaves the model unchanged") {
  const Dataset<double> data = support::three_clouds<double>(6);
  Trainer trainer{support::plain_net<double>(), SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 1}};
  const auto before = values_of(trainer.model);
  CHECK(trainer.step(data.x, data.y, Vector<double>{Vector<double>::Zero(6)}) == 0);
  CHECK(values_of(trainer.model) == before);
}

TEST_CASE("Trainer: a step rejects invalid weights") {
  const Dataset<double> data = support::three_clouds<double>(6);
  Trainer trainer{support::plain_net<double>(), SoftmaxCrossEntropy{}, Adam{}};
  CHECK_THAT(message_of<ShapeError>([&] {
               trainer.step(data.x, data.y, Vector<double>{{1, 2}});
             }),
             StartsWith("Trainer::step: expected 6 weights, one per sample, got 2"));
  CHECK_THAT(message_of<DataError>([&] {
               trainer.step(data.x, data.y, Vector<double>{{1, 1, -1, 1, 1, 1}});
             }),
             StartsWith("Trainer::step: expected weights of 0 or more in the batch, got -1 for sample 2"));
}

TEST_CASE("check_gradient: ignored samples do not count in the mean loss") {
  Dataset<double> data = support::three_clouds<double>(6);
  data.y(0, 2) = ignored_class;
  CHECK(check_gradient(support::plain_net<double>(), SoftmaxCrossEntropy{}, data.x, data.y)
            .relative_difference < 1e-7);
}

}  // namespace weights_test
